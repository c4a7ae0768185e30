//! Who appears in the demo: the shop, the people who answer, and the customers one can play.

use rapport_domain::Role;
use rapport_simulator::site::Persona;

pub const SHOP_NAME: &str = "Northwind Outdoor";
pub const SUPPORT_ADDRESS: &str = "support@northwind.example";
/// Mail to customers at these domains arrives; a leading dot takes every domain below.
pub const DOMAINS: &[&str] = &["customers.example", "example.org", "example.com", "example.net", ".example"];

/// Somebody who works at the shop.
pub struct Teammate {
    /// How the stories call them.
    pub key: &'static str,
    pub name: &'static str,
    pub role: Role,
}

pub const TEAM: &[Teammate] = &[
    Teammate { key: "ava", name: "Ava Lindqvist", role: Role::Admin },
    Teammate { key: "marek", name: "Marek Dvořák", role: Role::Supervisor },
    Teammate { key: "priya", name: "Priya Raman", role: Role::User },
    Teammate { key: "jonas", name: "Jonas Weber", role: Role::User },
    Teammate { key: "lucija", name: "Lucija Kovač", role: Role::User },
    Teammate { key: "sam", name: "Sam Okoye", role: Role::User },
    Teammate { key: "ingrid", name: "Ingrid Solberg", role: Role::ReadOnly },
];

/// Of everybody, since the demo is open to whoever reaches it.
pub const PASSWORD: &str = "northwind-demo";

impl Teammate {
    pub fn email(&self) -> String {
        format!("{}@northwind.example", self.key)
    }
}

pub fn personas() -> Vec<Persona> {
    let persona = |name: &str, address: &str, about: &str, user_id: &str| Persona {
        name: name.to_owned(),
        address: address.to_owned(),
        about: about.to_owned(),
        user_id: user_id.to_owned(),
    };
    vec![
        persona("Hanna Vogt", "hanna.vogt@customers.example", "Weekend hiker from Freiburg", "shop-1001"),
        persona("Tom Bradley", "tom.bradley@customers.example", "Buys for a whole scout troop", "shop-1002"),
        persona("Ivana Marić", "ivana.maric@customers.example", "Climbs on Paklenica's walls", "shop-1003"),
        persona("佐藤 美咲", "misaki.sato@customers.example", "Winter camping in Hokkaido", "shop-1004"),
        persona(
            "Chloé Martin",
            "chloe.martin@example.org",
            "Runs a small mountain guide office",
            "shop-1005",
        ),
        persona("Daniel Osei", "daniel.osei@example.com", "New customer with many questions", "shop-1006"),
    ]
}
