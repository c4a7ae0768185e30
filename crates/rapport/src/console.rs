//! What the program says on standard output. A reader who has gone away is no reason to stop serving.

use std::io::Write;

pub fn say(line: &str) {
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}
