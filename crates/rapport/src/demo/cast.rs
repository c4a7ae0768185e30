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

/// What the team has found out about a customer; empty where nothing is known.
pub struct Facts {
    pub company: &'static str,
    pub city: &'static str,
    pub country: &'static str,
}

pub fn facts(name: &str) -> Option<Facts> {
    let known = FACTS.iter().find(|facts| facts.0 == name);
    known.map(|&(_, company, city, country)| Facts { company, city, country })
}

pub const FACTS: &[(&str, &str, &str, &str)] = &[
    ("Hanna Vogt", "", "Freiburg", "Germany"),
    ("Tom Bradley", "3rd Harrow Scouts", "London", "United Kingdom"),
    ("Ivana Marić", "", "Zadar", "Croatia"),
    ("Chloé Martin", "Bureau des guides du Brévent", "Chamonix", "France"),
    ("Marta Nowak", "", "Zakopane", "Poland"),
    ("Felix Brandt", "Brandt & Söhne GmbH", "Freiburg", "Germany"),
    ("Aoife Byrne", "", "Galway", "Ireland"),
    ("Luca Ferri", "", "Aosta", "Italy"),
    ("Petra Novák", "", "Brno", "Czechia"),
    ("Kenji Watanabe", "", "Nagano", "Japan"),
    ("Liam Walsh", "", "Dublin", "Ireland"),
    ("Noah Evans", "Sarek 26", "Cardiff", "United Kingdom"),
    ("Gabriel Rossi", "Scuola di alpinismo Ortles", "Bolzano", "Italy"),
    ("Jiří Procházka", "Krkonošské chaty", "Vrchlabí", "Czechia"),
    ("Rebecca Stone", "Northern Trails", "Keswick", "United Kingdom"),
    ("Karl Lehmann", "", "Leipzig", "Germany"),
    ("Lena Hoffmann", "", "Innsbruck", "Austria"),
    ("Harald Moen", "", "Bergen", "Norway"),
    ("Amara Diallo", "", "Lyon", "France"),
    ("Grace Kim", "", "Edinburgh", "United Kingdom"),
    ("Peter Lindholm", "Lindholm Guiding", "Uppsala", "Sweden"),
    ("Mira Keller", "Kletterhalle Süd", "Munich", "Germany"),
    ("Simon Fraser", "", "Aviemore", "United Kingdom"),
    ("Isabel Ortiz", "", "Granada", "Spain"),
];
