//! What database, mailbox and index say, side by side. Pure.

/// The users that each of the three knows, and what is still to follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Views {
    /// Rows, in order of registration.
    pub database: Vec<String>,
    /// Welcome mails, in order of sending.
    pub mailbox: Vec<String>,
    /// Documents, in alphabetical order.
    pub index: Vec<String>,
    /// Effects that are not delivered yet.
    pub pending: u64,
    /// Effects that were given up.
    pub dead: u64,
}

/// A name in one of the lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<'v> {
    /// The name.
    pub username: &'v str,
    /// The database does not know this user: a side effect of something that never happened.
    pub orphan: bool,
}

impl Views {
    /// A list with its orphans marked.
    pub fn judged<'v>(&'v self, list: &'v [String]) -> impl Iterator<Item = Known<'v>> {
        list.iter().map(|username| Known {
            username,
            orphan: !self.database.contains(username),
        })
    }

    /// Mails to users who do not exist, and documents of users who do not exist.
    pub fn orphans(&self) -> (usize, usize) {
        let count = |list| self.judged(list).filter(|known| known.orphan).count();
        (count(&self.mailbox), count(&self.index))
    }

    /// Users without a mail, and users without a document.
    pub fn missing(&self) -> (usize, usize) {
        let count = |list: &[String]| {
            let without = self.database.iter().filter(|user| !list.contains(user));
            without.count()
        };
        (count(&self.mailbox), count(&self.index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn views(database: &[&str], mailbox: &[&str], index: &[&str]) -> Views {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Views {
            database: list(database),
            mailbox: list(mailbox),
            index: list(index),
            ..Views::default()
        }
    }

    #[test]
    fn whoever_the_database_does_not_know_is_an_orphan() {
        let views = views(&["ada"], &["ada", "bob"], &["bob"]);
        assert_eq!(views.orphans(), (1, 1));
        assert_eq!(views.missing(), (0, 1));
        let judged: Vec<bool> = views
            .judged(&views.mailbox)
            .map(|known| known.orphan)
            .collect();
        assert_eq!(judged, [false, true]);
    }

    #[test]
    fn when_all_agree_there_is_none() {
        assert_eq!(views(&["ada"], &["ada"], &["ada"]).orphans(), (0, 0));
        assert_eq!(Views::default().orphans(), (0, 0));
    }
}
