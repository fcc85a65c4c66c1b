//! `decide`: concrete requests, a JSON line each, answered in order.

use super::lines::{LINE_LIMIT, Line, next_line};
use super::{CliError, Global, exit};
use crate::decide::{Classes, Satisfiability, Strings, decide_by};
use clap::{Args, ValueEnum};
use gateproof_encodings::compiled::Compiler;
use gateproof_model::catalogue::Catalogue;
use gateproof_model::decide::{decide_line, parse_line, render_answer, render_error};
use gateproof_model::evaluator::World;
use rayon::prelude::*;
use std::io::{BufReader, Write};

/// `gateproof decide`
#[derive(Debug, Clone, Args)]
pub(crate) struct Decide {
    /// What decides: the reference evaluator, or one of the encodings.
    #[arg(long, value_enum, default_value_t = Encoding::Reference)]
    encoding: Encoding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Encoding {
    Reference,
    Classes,
    Strings,
}

/// So many lines are decided side by side before they are written, or fewer that hold so many bytes.
const CHUNK: usize = 512;
const CHUNK_BYTES: usize = 4 << 20;
const BUFFER: usize = 1 << 20;

impl Decide {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        global.must_not_export("decide")?;
        if self.encoding == Encoding::Strings {
            Strings::new()?;
        }
        let mut input = BufReader::with_capacity(BUFFER, std::io::stdin().lock());
        let mut out = std::io::stdout().lock();
        let mut more = true;
        while more {
            let mut lines: Vec<Line> = Vec::new();
            let mut bytes = 0;
            // What has come is answered before more is waited for.
            while lines.is_empty() || lines.len() < CHUNK && bytes < CHUNK_BYTES && !input.buffer().is_empty()
            {
                match next_line(&mut input, LINE_LIMIT)? {
                    None => {
                        more = false;
                        break;
                    }
                    Some(Line::Bytes(line)) if line.iter().all(u8::is_ascii_whitespace) => {}
                    Some(Line::Bytes(line)) => {
                        bytes += line.len();
                        lines.push(Line::Bytes(line));
                    }
                    Some(Line::TooLong) => lines.push(Line::TooLong),
                }
            }
            let answers: Vec<String> = lines.par_iter().map(|line| self.answer(line)).collect();
            for answer in answers {
                writeln!(out, "{answer}")?;
            }
            out.flush()?;
        }
        Ok(exit::ANSWERED)
    }

    fn answer(&self, line: &Line) -> String {
        let world = World::new(Catalogue::embedded());
        let Line::Bytes(line) = line else {
            return render_error(None, &format!("the line is too long: expected at most {LINE_LIMIT} bytes"));
        };
        let Ok(text) = std::str::from_utf8(line) else {
            return render_error(None, "the line is not UTF-8");
        };
        match self.encoding {
            Encoding::Reference => decide_line(text, &world),
            Encoding::Classes => by(&mut Classes::default(), text, &world),
            Encoding::Strings => match Strings::new() {
                Ok(mut strings) => by(&mut strings, text, &world),
                Err(error) => render_error(None, &error.to_string()),
            },
        }
    }
}

fn by(encoding: &mut dyn Satisfiability, text: &str, world: &World<'_>) -> String {
    let line = match parse_line(text) {
        Ok(line) => line,
        Err(refused) => return render_error(refused.id.as_ref(), &refused.error.to_string()),
    };
    match decide_by(encoding, &Compiler::default(), &line.policies, &line.request, world) {
        Ok(outcome) => render_answer(line.id.as_ref(), outcome, &[], &line.warnings),
        Err(reason) => render_error(line.id.as_ref(), &format!("undecided: {reason}")),
    }
}
