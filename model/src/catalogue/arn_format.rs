//! Which texts are ARNs of a format: `arn:${Partition}:s3:::${BucketName}/${ObjectName}`.

use super::action::ActionInfo;
use super::glob;
use super::load::table_rows;
use super::resource::ResourceTypeInfo;
use super::root_user::is_root_user;
use crate::pattern::{Pattern, Token};
use std::sync::LazyLock;

const TABLE: &str = include_str!("../../data/arn-variables.txt");

/// The ARNs of one format: what the pattern matches, less what an exclusion matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArnLanguage {
    /// The format, each variable as a run: partition, region and account within their segment, possibly empty,
    /// other variables over anything, not empty.
    pub pattern: Pattern,
    /// Texts with more slashes, or more colons, than the format has, where its variables hold none.
    pub exclusions: Vec<Pattern>,
}

/// A format, taken apart.
struct ArnFormat<'a> {
    /// `arn`, partition, service, region, account; none where a variable stands.
    head: Vec<Option<&'a str>>,
    resource: &'a str,
    /// Characters that no variable of the resource part holds.
    barred: Vec<char>,
}

impl<'a> ArnFormat<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let literal = |part: &'a str| (!part.contains("${") && !part.contains('*')).then_some(part);
        let head: Vec<Option<&str>> = parts.by_ref().take(5).map(literal).collect();
        let resource = parts.next()?;
        let service = head.get(2).copied().flatten().unwrap_or_default();
        let holds_no = |c: &char| pieces(resource).all(|piece| piece.is_text() || piece.bars(service, *c));
        let barred = ['/', ':'].into_iter().filter(holds_no).collect();
        Some(Self { head, resource, barred })
    }

    /// How often the resource part itself has a character.
    fn count(&self, c: char) -> usize {
        pieces(self.resource)
            .map(|piece| if let Piece::Text(t) = piece { t.matches(c).count() } else { 0 })
            .sum()
    }

    fn contains(&self, arn: &str) -> bool {
        let mut parts = arn.splitn(6, ':');
        let same = |(wanted, found): (&Option<&str>, &str)| wanted.is_none_or(|wanted| wanted == found);
        if !self.head.iter().zip(parts.by_ref().take(5)).all(same) {
            return false;
        }
        let Some(resource) = parts.next() else { return false };
        let glob: String = pieces(self.resource).map(|piece| piece.glob()).collect();
        glob::matches_exactly(glob.as_bytes(), resource.as_bytes())
            && self.barred.iter().all(|c| resource.matches(*c).count() == self.count(*c))
    }

    fn language(&self) -> ArnLanguage {
        let mut pattern = Vec::new();
        for part in &self.head {
            match part {
                Some(text) => pattern.extend(text.chars().map(Token::Char)),
                None => pattern.push(Token::AnyRunInSegment),
            }
            pattern.push(Token::Char(':'));
        }
        for piece in pieces(self.resource) {
            match piece {
                Piece::Text(text) => pattern.extend(text.chars().map(Token::Char)),
                Piece::Variable(_) => pattern.extend([Token::AnyOne, Token::AnyRun]),
                Piece::Star => pattern.push(Token::AnyRun),
            }
        }
        // The head of an ARN has no slash and five colons.
        let before = |c: char| if c == ':' { 5 } else { 0 };
        let too_many = |c: &char| {
            let mut tokens = vec![Token::AnyRun];
            for _ in 0..=(self.count(*c) + before(*c)) {
                tokens.extend([Token::Char(*c), Token::AnyRun]);
            }
            tokens.into()
        };
        ArnLanguage { pattern: pattern.into(), exclusions: self.barred.iter().map(too_many).collect() }
    }
}

/// A part of a format.
#[derive(Debug, Clone, Copy)]
enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
    /// `*`, which some formats have in place of a variable.
    Star,
}

impl<'a> Piece<'a> {
    fn is_text(self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Whether it is a variable that never holds the character.
    fn bars(self, service: &str, c: char) -> bool {
        let Self::Variable(name) = self else { return false };
        BARRED.iter().any(|row| row.service == service && row.variable == name && row.characters.contains(c))
    }

    fn glob(self) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Variable(_) => "?*",
            Self::Star => "*",
        }
    }
}

/// Splits the resource part of a format at its `${…}` and `*`.
fn pieces(format: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = format;
    std::iter::from_fn(move || {
        if let Some(after) = rest.strip_prefix('*') {
            rest = after;
            return Some(Piece::Star);
        }
        if let Some((name, after)) = rest.strip_prefix("${").and_then(|body| body.split_once('}')) {
            rest = after;
            return Some(Piece::Variable(name));
        }
        let next = rest.char_indices().skip(1).find(|(_, c)| *c == '*' || *c == '$');
        let (text, after) = rest.split_at_checked(next.map_or(rest.len(), |(at, _)| at))?;
        rest = after;
        (!text.is_empty()).then_some(Piece::Text(text))
    })
}

struct BarredRow {
    service: &'static str,
    variable: &'static str,
    characters: &'static str,
}

static BARRED: LazyLock<Vec<BarredRow>> =
    LazyLock::new(|| table_rows(TABLE).filter_map(barred_row).collect());

fn barred_row(line: &'static str) -> Option<BarredRow> {
    let mut fields = line.split_whitespace();
    let row = BarredRow { service: fields.next()?, variable: fields.next()?, characters: fields.next()? };
    fields.next().is_none().then_some(row)
}

impl ResourceTypeInfo<'_> {
    /// Whether a text is an ARN of one of the type's formats.
    ///
    /// Service Authorization Reference, "Resource types" ("ARN"); what a variable can hold is
    /// `model/data/arn-variables.txt`, anything unless listed there.
    pub fn fits(&self, arn: &str) -> bool {
        self.arn_formats().filter_map(ArnFormat::parse).any(|format| format.contains(arn))
    }

    /// The ARNs of the type, as patterns: a text that [`Self::fits`] lies in one of these languages, and no other.
    pub fn arn_languages(&self) -> Vec<ArnLanguage> {
        self.arn_formats().filter_map(ArnFormat::parse).map(|format| format.language()).collect()
    }
}

impl ActionInfo<'_> {
    /// Whether a request of the action can come without a resource, to be checked against `*`: it has no resource
    /// level, or its only resource type is optional. Where several types stand side by side and none is required,
    /// each request is for one of them.
    ///
    /// Service Authorization Reference, "Actions table" ("Resource types"). CONFORMANCE 2.2.
    pub fn may_lack_resource(&self) -> bool {
        let mut types = self.resource_types();
        types.next().is_none_or(|only| !only.required && types.next().is_none())
    }

    /// Whether a resource is one that AWS could check the action against.
    pub fn accepts_resource(&self, resource: &str) -> bool {
        if resource == "*" {
            return self.may_lack_resource();
        }
        self.resource_types().any(|row| row.resource_type.fits(resource))
            || self.may_be_about_root() && is_root_user(resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(table_rows(TABLE).filter(|line| barred_row(line).is_none()).count(), 0);
        assert_eq!(BARRED.len(), table_rows(TABLE).count());
    }
}
