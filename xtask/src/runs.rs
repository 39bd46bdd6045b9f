//! What is run, and whether it went well.

use crate::Result;
use crate::minutes::Minutes;
use crate::newer::Newer;
use crate::servers::Servers;
use crate::steps::{Step, run};
use crate::tally::{DATABASES, SERVERS, Tally};

/// All of it. A failure of the first run does not keep the second from being seen.
pub(crate) fn ci(minutes: &mut Minutes) -> Result<bool> {
    let passed = test(true, minutes)?;
    Ok(test_newer(minutes)? && passed)
}

/// On the databases of Debian's packages.
pub(crate) fn test(lints: bool, minutes: &mut Minutes) -> Result<bool> {
    let servers = Servers::start()?;
    if lints {
        for step in Step::LINTS {
            run(step, &servers.environment, minutes, |_| {})?;
        }
    }
    let mut tally = Tally::default();
    let mut passed = true;
    for step in Step::TESTS {
        passed &= run(step, &servers.environment, minutes, |line| tally.read(line)).is_ok();
    }
    Ok(report(&tally, &tally.complaints(&DATABASES)) && passed)
}

/// On newer releases. Where their packages are not to be had it says so, and fails if CI asked for it.
pub(crate) fn test_newer(minutes: &mut Minutes) -> Result<bool> {
    let newer = match Newer::get() {
        Ok(newer) => newer,
        Err(error) if is_ci() => return Err(error),
        Err(error) => {
            let (postgres, mariadb) = (Newer::POSTGRES, Newer::MARIADB);
            println!("not run: the databases' suites on {postgres} and {mariadb}: {error}\n");
            return Ok(true);
        }
    };
    let servers = Servers::start_newer(newer)?;
    let environment = &servers.environment;
    let mut tally = Tally::default();
    run(Step::NEWER_PROCESSES, environment, minutes, |_| {})?;
    run(Step::NEWER_LIST, environment, minutes, |line| {
        tally.expect(line)
    })?;
    if tally.expects_nothing() {
        return Err("the list of the databases' suites is empty".into());
    }
    let passed = run(Step::NEWER, environment, minutes, |line| tally.read(line)).is_ok();
    Ok(report(&tally, &tally.complaints(&SERVERS)) && passed)
}

/// The long run, of which parts are enough.
pub(crate) fn long(minutes: &mut Minutes) -> Result<bool> {
    let mut servers = Servers::start()?;
    servers
        .environment
        .push(("AFTERCOMMIT_TEST_LONG", "1".into()));
    let mut tally = Tally::default();
    let mut passed = true;
    for step in Step::LONG {
        passed &= run(step, &servers.environment, minutes, |line| tally.read(line)).is_ok();
    }
    Ok(report(&tally, &[]) && passed)
}

fn report(tally: &Tally, complaints: &[String]) -> bool {
    println!("{tally}");
    for complaint in complaints {
        println!("error: {complaint}");
    }
    let failed = tally.failed() + complaints.len();
    println!("{} passed, {failed} failed", tally.passed());
    failed == 0
}

fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}
