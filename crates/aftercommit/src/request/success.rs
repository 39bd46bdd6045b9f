//! What a response means. Pure.

use axum_core::response::Response;

/// The layer's own idea of a response that commits: the status is below 400, and a gRPC status in the headers is 0.
///
/// A redirect is a success, because it is what follows a form that was taken. gRPC answers every call with 200 and says in
/// `grpc-status` how it went: an error that has no messages before it stands in the headers, as with tonic's
/// `Status`. A status in the trailers is sent behind the body, when the commit has long been made, and cannot be seen here.
pub fn is_success(response: &Response) -> bool {
    let status = response.status();
    let mut grpc = response.headers().get_all("grpc-status").iter();
    !status.is_client_error()
        && !status.is_server_error()
        && grpc.all(|status| status.as_bytes().trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, grpc: &[&'static str]) -> Response {
        let mut response = Response::default();
        *response.status_mut() = status.try_into().expect("a status");
        for status in grpc {
            let value = http::HeaderValue::from_static(status);
            response.headers_mut().append("grpc-status", value);
        }
        response
    }

    #[test]
    fn an_error_is_told_by_the_status_and_by_that_of_grpc() {
        let table: [(u16, &[&str], bool); 11] = [
            (200, &[], true),
            (201, &[], true),
            (303, &[], true),
            (400, &[], false),
            (404, &[], false),
            (500, &[], false),
            (200, &["0"], true),
            (200, &["13"], false),
            (200, &["00"], false),
            (200, &["0", "7"], false),
            (500, &["0"], false),
        ];
        for (status, grpc, success) in table {
            assert_eq!(
                is_success(&response(status, grpc)),
                success,
                "{status} {grpc:?}"
            );
        }
    }
}
