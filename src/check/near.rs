//! The name that was probably meant.

/// More edits than this make another name.
const MOST: usize = 3;

/// The candidate that the fewest edits away from a name, the first of several; letters of either case are the same.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let close = candidates.filter_map(|candidate| {
        let other: Vec<char> = candidate.to_lowercase().chars().collect();
        let far = name.len().abs_diff(other.len()) > MOST;
        let edits = if far { MOST + 1 } else { edits(&name, &other) };
        (edits <= MOST && edits < name.len()).then_some((edits, candidate))
    });
    close.min_by_key(|(edits, _)| *edits).map(|(_, candidate)| candidate)
}

/// How many letters must be put in, left out or replaced.
fn edits(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (n, letter) in from.iter().enumerate() {
        let mut next = vec![n + 1];
        for ((other, diagonal), above) in to.iter().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or(n);
            let replaced = diagonal + usize::from(letter != other);
            next.push(replaced.min(left + 1).min(above + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant() {
        let names = ["iam:CreateRole", "iam:CreateUser", "s3:GetObject"];
        let near = |name| nearest(name, names.iter().copied());
        assert_eq!(near("iam:CreatRole"), Some("iam:CreateRole"));
        assert_eq!(near("S3:getobjects"), Some("s3:GetObject"));
        assert_eq!(near("ec2:RunInstances"), None);
        assert_eq!(nearest("a", ["b"].into_iter()), None);
    }
}
