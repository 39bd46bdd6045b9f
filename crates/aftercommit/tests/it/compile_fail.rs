//! Misuse that does not compile, and what the compiler says to it.

#[test]
fn misuse_does_not_compile_and_the_message_helps() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
