//! The room of the browsers, and of every program that wants a picture: HTTP/1.1 on the connections of `picam-web.socket`.
