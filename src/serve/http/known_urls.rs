//! The URLs that there are: those of our own, and those that programs expect of mjpg-streamer, ustreamer and
//! camera-streamer. A page lists them to whoever asks for another.

use std::fmt::Write as _;

/// What is behind a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    Page,
    Mp4,
    MpegTs,
    H264,
    WebSocket,
    Snapshot,
    Mjpeg,
    Status,
    Metrics,
    Health,
}

struct Known {
    url: &'static str,
    resource: Resource,
    about: &'static str,
}

const fn known(url: &'static str, resource: Resource, about: &'static str) -> Known {
    Known {
        url,
        resource,
        about,
    }
}

const KNOWN: [Known; 14] = [
    known("/", Resource::Page, "the camera in a page"),
    known(
        "/live.mp4",
        Resource::Mp4,
        "live video for browsers: fragmented MP4",
    ),
    known(
        "/stream.ts",
        Resource::MpegTs,
        "live video for players: MPEG-TS",
    ),
    known(
        "/stream.h264",
        Resource::H264,
        "live video as the camera gives it: bare H.264",
    ),
    known(
        "/ws",
        Resource::WebSocket,
        "live video by WebSocket: one message of H.264 a picture",
    ),
    known(
        "/snapshot.jpg",
        Resource::Snapshot,
        "a picture: JPEG; with ?fresh the next one",
    ),
    known("/snapshot", Resource::Snapshot, "the same"),
    known(
        "/?action=snapshot",
        Resource::Snapshot,
        "the same, as mjpg-streamer has it",
    ),
    known(
        "/stream.mjpg",
        Resource::Mjpeg,
        "moving pictures: JPEG after JPEG",
    ),
    known("/stream", Resource::Mjpeg, "the same"),
    known(
        "/?action=stream",
        Resource::Mjpeg,
        "the same, as mjpg-streamer has it",
    ),
    known("/status.json", Resource::Status, "camera, viewers, figures"),
    known("/metrics", Resource::Metrics, "the figures for Prometheus"),
    known("/healthz", Resource::Health, "says ok"),
];

/// What a path and a query ask for.
pub fn find(path: &str, query: &str) -> Option<Resource> {
    // Parameters mean nothing to us, but for the one by which mjpg-streamer tells its URLs apart.
    let action = parameters(query).find(|pair| path == "/" && pair.starts_with("action="));
    KNOWN
        .iter()
        .find(|known| match known.url.split_once('?') {
            Some((known, parameter)) => path == known && action == Some(parameter),
            None => path == known.url && action.is_none(),
        })
        .map(|known| known.resource)
}

/// Whether a query has a parameter of this name, with or without a value.
pub fn asks_for(query: &str, name: &str) -> bool {
    parameters(query).any(|pair| pair.split('=').next() == Some(name))
}

fn parameters(query: &str) -> impl Iterator<Item = &str> {
    query.split('&')
}

/// What such a page may do: nothing.
pub const LIST_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'";

/// The page for whoever asks for something else.
pub fn list() -> String {
    let mut page = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Not found</title>\n\
         <h1>Not found</h1>\n<p>This camera has:</p>\n<dl>\n",
    );
    for Known { url, about, .. } in &KNOWN {
        // Writing to a string never fails.
        let _ = writeln!(page, "<dt><a href=\"{url}\">{url}</a></dt><dd>{about}</dd>");
    }
    page + "</dl>\n</html>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_url_is_found_and_listed() {
        let list = list();
        for Known { url, resource, .. } in &KNOWN {
            let (path, query) = url.split_once('?').unwrap_or((url, ""));
            assert_eq!(find(path, query), Some(*resource), "{url}");
            assert!(list.contains(&format!("<a href=\"{url}\">")), "{url}");
        }
    }

    #[test]
    fn parameters_that_nobody_knows_change_nothing() {
        assert_eq!(
            find("/", "bypassCache=12&action=snapshot"),
            Some(Resource::Snapshot)
        );
        assert_eq!(find("/", "action=stream&1700000000"), Some(Resource::Mjpeg));
        assert_eq!(find("/", "bypassCache=12"), Some(Resource::Page));
        assert_eq!(find("/snapshot", "action=x"), Some(Resource::Snapshot));
        assert!(asks_for("a=1&fresh", "fresh") && asks_for("fresh=1", "fresh"));
        assert!(!asks_for("refresh=1&a=fresh", "fresh"));
    }

    #[test]
    fn nothing_else_is_found() {
        for (path, query) in [
            ("/", "action=command"),
            ("/", "action="),
            ("/x", ""),
            ("", ""),
            ("//", ""),
            ("/snapshot/", ""),
            ("/../etc/passwd", ""),
            ("/live.mp4%00", ""),
        ] {
            assert_eq!(find(path, query), None, "{path}?{query}");
        }
    }
}
