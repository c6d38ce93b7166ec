//! Makes cargo notice new files in the directories that are embedded in the binary.

fn main() {
    println!("cargo::rerun-if-changed=catalog");
    println!("cargo::rerun-if-changed=drivers");
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=servers");
}
