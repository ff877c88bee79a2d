//! How `/etc/default/raspivid` may be written: what the program gets is what systemd makes of the file.

use crate::container::Container;
use crate::repo::CONFFILE;
use crate::stream::CLIP;
use crate::viewer::{IPV4, Viewer, arguments, process};
use std::fs;

/// What the unit gives before the user's options.
const OF_THE_UNIT: [&str; 3] = ["--service", "-v", "-n"];

/// Ways to write the same three options; SOURCE stands for the recorded stream.
const SPELLINGS: [(&str, &str); 9] = [
    (
        "as in the article",
        "RASPIVID_OPTIONS = -fps 25 -ih --source SOURCE\n",
    ),
    (
        "without blanks",
        "RASPIVID_OPTIONS=-fps 25 -ih --source SOURCE\n",
    ),
    (
        "with tabs and leading blanks",
        "  RASPIVID_OPTIONS\t=\t-fps 25   -ih --source SOURCE\n",
    ),
    (
        "in double quotes",
        "RASPIVID_OPTIONS=\"-fps 25 -ih --source SOURCE\"\n",
    ),
    (
        "in single quotes",
        "RASPIVID_OPTIONS = '-fps 25 -ih --source SOURCE'\n",
    ),
    (
        "over several lines",
        "RASPIVID_OPTIONS = -fps 25 \\\n  -ih \\\n  --source SOURCE\n",
    ),
    (
        "among comments",
        "# -w 1\n\n; -w 2\n  # -w 3\nRASPIVID_OPTIONS = -fps 25 -ih --source SOURCE\n# end\n",
    ),
    (
        "said twice",
        "RASPIVID_OPTIONS = -w 640\nRASPIVID_OPTIONS = -fps 25 -ih --source SOURCE\n",
    ),
    (
        "with DOS line ends",
        "RASPIVID_OPTIONS = -fps 25 -ih --source SOURCE\r\n",
    ),
];

/// Every spelling gives the program the same arguments.
pub fn spellings_mean_the_same(container: &Container) {
    let source = format!("file:/{CLIP}");
    for (how, text) in SPELLINGS {
        container.write(CONFFILE, text.replace("SOURCE", &source));
        let _viewer = Viewer::watch(container, IPV4);
        let expected = [
            &OF_THE_UNIT[..],
            &["-fps", "25", "-ih", "--source", &source],
        ]
        .concat();
        assert_eq!(arguments(process(container)), expected, "{how}");
    }
}

/// A quoted word is one argument.
pub fn quoted_words_stay_whole(container: &Container) {
    let source = format!("file:/{CLIP}");
    container.write(
        CONFFILE,
        format!("RASPIVID_OPTIONS = --source {source} -a \"hello world\" -a 'back door'\n"),
    );
    let _viewer = Viewer::watch(container, IPV4);
    let expected = [
        &OF_THE_UNIT[..],
        &["--source", &source, "-a", "hello world", "-a", "back door"],
    ]
    .concat();
    assert_eq!(arguments(process(container)), expected);
}

/// An empty value and a missing file are no options at all, not an empty one. There is no camera here, so the program
/// is kept from ending before it has been looked at by a stand-in that waits.
pub fn no_options_are_no_arguments(container: &Container) {
    let drop_in = "etc/systemd/system/raspivid@.service.d/wait.conf";
    container.write("usr/local/bin/picam-stream", "#!/bin/sh\nread line\n");
    container.sh("chmod 755 /usr/local/bin/picam-stream");
    let line =
        container.sh("sed -n 's/^ExecStart=-\\?//p' /usr/lib/systemd/system/raspivid@.service");
    let line = line.replace("/usr/bin/picam-stream", "/usr/local/bin/picam-stream");
    container.write(
        drop_in,
        format!("[Service]\nExecStart=\nExecStart=-{line}\n"),
    );
    container.sh("systemctl daemon-reload");
    for text in [
        Some("RASPIVID_OPTIONS =\n"),
        Some("RASPIVID_OPTIONS=\"\"\n"),
        Some(""),
        None,
    ] {
        match text {
            Some(text) => container.write(CONFFILE, text),
            None => fs::remove_file(container.path(CONFFILE)).unwrap(),
        }
        crate::viewer::wait_until_nobody_watches(container);
        let _viewer = Viewer::connect(container, IPV4);
        assert_eq!(arguments(process(container)), OF_THE_UNIT, "{text:?}");
    }
    fs::remove_file(container.path(drop_in)).unwrap();
    fs::remove_file(container.path("usr/local/bin/picam-stream")).unwrap();
    container.sh("rmdir --ignore-fail-on-non-empty /etc/systemd/system/raspivid@.service.d; systemctl daemon-reload");
}
