//! Lines of input, of bounded length.

use std::io::BufRead;

/// Longer lines are refused: no request with its policies comes near, and memory stays bounded.
pub(crate) const LINE_LIMIT: usize = 2 << 20;

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Its bytes, without the line feed.
    Bytes(Vec<u8>),
    /// It passed the limit; it was read to its end and dropped.
    TooLong,
}

/// The next line; `None` at the end.
pub(crate) fn next_line(input: &mut impl BufRead, limit: usize) -> std::io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    let mut length = 0usize;
    loop {
        let available = input.fill_buf()?;
        if available.is_empty() {
            return Ok((length > 0).then(|| finished(bytes, length, limit)));
        }
        let at = available.iter().position(|b| *b == b'\n');
        let part = available.get(..at.unwrap_or(available.len())).unwrap_or_default();
        length = length.saturating_add(part.len());
        if length <= limit {
            bytes.extend_from_slice(part);
        } else {
            bytes = Vec::new();
        }
        let read = part.len() + usize::from(at.is_some());
        input.consume(read);
        if at.is_some() {
            return Ok(Some(finished(bytes, length, limit)));
        }
    }
}

fn finished(bytes: Vec<u8>, length: usize, limit: usize) -> Line {
    if length > limit { Line::TooLong } else { Line::Bytes(bytes) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_long_line_is_dropped_and_the_next_one_read() {
        // Two bytes a read, so that lines lie across reads.
        let mut input = std::io::BufReader::with_capacity(2, &b"abc\n\nabcdef\nx"[..]);
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut input, 3).unwrap() {
            lines.push(line);
        }
        let bytes = |text: &str| Line::Bytes(text.as_bytes().to_vec());
        assert_eq!(lines, [bytes("abc"), bytes(""), Line::TooLong, bytes("x")]);
    }
}
