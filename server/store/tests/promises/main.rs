//! What the log promises, each as a test named after it.

mod damage;
mod durable;
mod faults;
mod retention;
mod support;
