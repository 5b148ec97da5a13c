//! The program that Lambda starts; see `seatwise_functions::lambda`.

fn main() -> std::process::ExitCode {
    seatwise_functions::lambda::main()
}
