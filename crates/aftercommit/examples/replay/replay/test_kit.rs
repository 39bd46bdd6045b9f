//! The operations of Django's test tools, on this library's test kit.

use std::sync::Arc;

use serde_json::{Value, json};

use super::actor::{How, Reply, Request};
use super::interpreter::{Interpreter, text};
use super::trace::Fault;

impl Interpreter {
    pub(super) async fn testcase(&mut self, op: &Value) -> Result<(), Fault> {
        let dbs: Vec<usize> = match op["dbs"].as_array() {
            Some(dbs) => dbs.iter().map(|db| usize::from(db == "other")).collect(),
            None => vec![0],
        };
        // One block around the tests of a class, one around each test.
        for _ in 0..2 {
            for db in &dbs {
                self.enter(*db, How::Test).await?;
                self.databases[*db].tests += 1;
            }
        }
        if let Err(fault) = self.run(&op["body"]).await {
            self.emit(json!(["test_error", fault.0]));
        }
        for _ in 0..2 {
            for db in dbs.iter().rev() {
                self.databases[*db].tests -= 1;
                self.leave(*db, Ok(())).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn capture(&mut self, op: &Value, db: usize) -> Result<(), Fault> {
        let mut labels = Vec::new();
        let result = self.capture_into(op, db, &mut labels).await;
        self.emit(json!(["captured", labels]));
        result
    }

    async fn capture_into(
        &mut self,
        op: &Value,
        db: usize,
        labels: &mut Vec<String>,
    ) -> Result<(), Fault> {
        if self.databases[db].lines.is_empty() {
            // Without a transaction hooks run at once, and there is nothing to take.
            return self.run(&op["body"]).await;
        }
        self.enter_capture(db).await;
        let played = self.run(&op["body"]).await;
        let (mut hooks, result) = self.leave_capture(db, played).await;
        if result.is_err() && !self.bridges.capture_keeps {
            return result;
        }
        while !hooks.is_empty() {
            if op["execute"] != true {
                labels.extend(hooks.iter().map(|hook| text(&hook["label"]).to_owned()));
                break;
            }
            // Hooks that these register are the next round.
            self.enter_capture(db).await;
            let mut played = Ok(());
            for hook in &hooks {
                labels.push(text(&hook["label"]).to_owned());
                played = self.hook(hook).await;
                match &played {
                    Err(fault) if hook["robust"] == true => {
                        self.emit(json!(["log", "capture", hook["label"], fault.0]));
                        played = Ok(());
                    }
                    Err(_) => break,
                    Ok(()) => {}
                }
            }
            let (next, played) = self.leave_capture(db, played).await;
            played?;
            hooks = next;
        }
        result
    }

    async fn enter_capture(&mut self, db: usize) {
        let line = Arc::clone(self.databases[db].lines.last().expect("a block is open"));
        line.ask(Request::Enter(How::Capture)).await;
        assert!(
            matches!(line.hear().await, Reply::Entered),
            "a capture is always entered"
        );
    }

    /// Ends a capture: the hooks that it took, as operations, and what its body came to.
    async fn leave_capture(
        &mut self,
        db: usize,
        played: Result<(), Fault>,
    ) -> (Vec<Arc<Value>>, Result<(), Fault>) {
        let line = Arc::clone(self.databases[db].lines.last().expect("a block is open"));
        line.ask(Request::Return(played)).await;
        let Reply::Captured(captured, result) = line.hear().await else {
            unreachable!("a capture ends as one")
        };
        let names = captured.names();
        let ops = names
            .iter()
            .map(|name| self.hook_op(name.unwrap_or_default()))
            .collect();
        if self.bridges.capture_keeps {
            line.ask(Request::PutBack(captured)).await;
            assert!(
                matches!(line.hear().await, Reply::Done(Ok(_))),
                "putting back cannot fail"
            );
        }
        (ops, result)
    }

    /// The `on_commit` of that label, wherever it stands in the program.
    fn hook_op(&self, label: &str) -> Arc<Value> {
        Arc::new(
            find_hook(&self.program, label)
                .cloned()
                .unwrap_or(Value::Null),
        )
    }
}

fn find_hook<'v>(value: &'v Value, label: &str) -> Option<&'v Value> {
    match value {
        Value::Object(_) if value["op"] == "on_commit" && value["label"] == label => Some(value),
        Value::Object(map) => map.values().find_map(|value| find_hook(value, label)),
        Value::Array(values) => values.iter().find_map(|value| find_hook(value, label)),
        _ => None,
    }
}
