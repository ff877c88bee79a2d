//! The commands in README's table of players, and what each needs of the stream.

use std::fs;

/// A row of the table.
pub struct Row {
    pub player: String,
    cell: String,
}

/// A command that a reader types.
#[derive(Debug)]
pub struct Line {
    pub player: String,
    pub command: String,
    /// Whether README asks for `--format mpegts` with it.
    pub mpegts: bool,
}

impl Line {
    pub fn program(&self) -> &str {
        self.command.split(' ').next().unwrap_or_default()
    }

    /// Whether it writes a file, and shows nothing.
    pub fn records(&self) -> bool {
        self.command.contains("clip.")
    }
}

/// The rows below the head of the table.
pub fn rows() -> Vec<Row> {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = fs::read_to_string(readme).expect("README.md");
    let table = readme
        .lines()
        .skip_while(|line| !line.starts_with("| player |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let rows: Vec<Row> = table.map(row).collect();
    assert!(rows.len() > 3, "README has a table of players");
    rows
}

/// Every command, in README's order.
pub fn lines() -> Vec<Line> {
    rows().iter().flat_map(commands).collect()
}

fn row(line: &str) -> Row {
    let mut cells = line.splitn(3, '|').skip(1).map(str::trim);
    let player = cells.next().expect("a player").to_owned();
    let cell = cells.next().expect("what to do").to_owned();
    Row { player, cell }
}

/// The spans of code that begin with a program; what is asked for before one holds for it.
fn commands(row: &Row) -> Vec<Line> {
    let mut mpegts = false;
    let mut found = Vec::new();
    for span in row.cell.split('`').skip(1).step_by(2) {
        mpegts |= span == "--format mpegts";
        let program = span.split(' ').next().unwrap_or_default();
        if ["ffplay", "mpv", "vlc", "gst-launch-1.0", "ffmpeg", "nc"].contains(&program) {
            found.push(Line {
                player: row.player.clone(),
                command: span.to_owned(),
                mpegts,
            });
        }
    }
    found
}
