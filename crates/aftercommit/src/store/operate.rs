//! The statements of an operator: what is there, and what is done about it.

mod act;
mod look;

pub(crate) use act::Touched;

/// How one database answers an operator.
#[derive(Debug)]
pub struct OperateSql {
    pub(crate) overview: &'static str,
    pub(crate) workers: &'static str,
    pub(crate) list_effects: &'static str,
    pub(crate) list_waiting: &'static str,
    pub(crate) list_dead: &'static str,
    pub(crate) get: &'static str,
    pub(crate) pick_dead: &'static str,
    pub(crate) pick_waiting: &'static str,
    pub(crate) pick_retry: &'static str,
    pub(crate) pick_prune: &'static str,
    pub(crate) retry_dead: &'static str,
    pub(crate) remove_dead: &'static str,
    pub(crate) retry_waiting: &'static str,
    pub(crate) remove_waiting: &'static str,
    pub(crate) skip: &'static str,
    pub(crate) edit: &'static str,
    pub(crate) pause: &'static str,
    pub(crate) resume: &'static str,
    pub(crate) twice: &'static str,
    pub(crate) abandoned: &'static str,
    pub(crate) unblocked: &'static str,
    pub(crate) overdue: &'static str,
    pub(crate) same_place: &'static str,
    pub(crate) no_place: &'static str,
}

/// The files of a dialect that are an operator's.
macro_rules! operate_sql {
    () => {
        $crate::store::OperateSql {
            overview: include_str!("operate_overview.sql"),
            workers: include_str!("operate_workers.sql"),
            list_effects: include_str!("operate_list_effects.sql"),
            list_waiting: include_str!("operate_list_waiting.sql"),
            list_dead: include_str!("operate_list_dead.sql"),
            get: include_str!("operate_get.sql"),
            pick_dead: include_str!("operate_pick_dead.sql"),
            pick_waiting: include_str!("operate_pick_waiting.sql"),
            pick_retry: include_str!("operate_pick_retry.sql"),
            pick_prune: include_str!("operate_pick_prune.sql"),
            retry_dead: include_str!("operate_retry_dead.sql"),
            remove_dead: include_str!("operate_remove_dead.sql"),
            retry_waiting: include_str!("operate_retry_waiting.sql"),
            remove_waiting: include_str!("operate_remove_waiting.sql"),
            skip: include_str!("operate_skip.sql"),
            edit: include_str!("operate_edit.sql"),
            pause: include_str!("operate_pause.sql"),
            resume: include_str!("operate_resume.sql"),
            twice: include_str!("operate_twice.sql"),
            abandoned: include_str!("operate_abandoned.sql"),
            unblocked: include_str!("operate_unblocked.sql"),
            overdue: include_str!("operate_overdue.sql"),
            same_place: include_str!("operate_same_place.sql"),
            no_place: include_str!("operate_no_place.sql"),
        }
    };
}
pub(crate) use operate_sql;
