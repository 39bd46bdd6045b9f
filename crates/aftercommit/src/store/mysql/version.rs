//! What a version of MySQL or MariaDB can do. Pure.

/// The version of a MariaDB; MySQL has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version(Option<(u32, u32, u32)>);

impl Version {
    /// Reads what a server calls itself; some MariaDBs call themselves `5.5.5-10.5.1-MariaDB`.
    pub(super) fn parse(version: &str) -> Self {
        if !version.contains("MariaDB") {
            return Self(None);
        }
        let version = version.strip_prefix("5.5.5-").unwrap_or(version);
        let mut numbers = version
            .split(|c: char| !c.is_ascii_digit())
            .map_while(|number| number.parse().ok());
        let mut next = || numbers.next().unwrap_or(0);
        Self(Some((next(), next(), next())))
    }

    /// Whether it knows INSERT … RETURNING.
    pub(super) fn inserts_answer(self) -> bool {
        self.0 >= Some((10, 5, 0))
    }

    /// Whether BEGIN NOT ATOMIC … END can be prepared (MDEV-16708).
    pub(super) fn prepares_blocks(self) -> bool {
        self.0 >= Some((10, 6, 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mariadb_can_more_than_mysql_and_the_newer_more() {
        for (version, answers, prepares) in [
            ("11.4.5-MariaDB", true, true),
            ("10.11.6-MariaDB-0+deb12u1", true, true),
            ("10.6.2-MariaDB", true, true),
            ("10.6.1-MariaDB", true, false),
            ("5.5.5-10.5.0-MariaDB-log", true, false),
            ("10.4.32-MariaDB", false, false),
            ("5.5.5-10.1.48-MariaDB", false, false),
            ("8.4.3", false, false),
            ("", false, false),
        ] {
            let read = Version::parse(version);
            assert_eq!(read.inserts_answer(), answers, "{version}");
            assert_eq!(read.prepares_blocks(), prepares, "{version}");
        }
    }
}
