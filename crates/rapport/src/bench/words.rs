//! Made-up text whose words are as unevenly spread as those of real letters (Zipf's law), names and addresses.

use super::random::Random;

/// The words that open the ranking; the rest are composed of syllables.
const COMMON: &str = "the to and a of is in it for i you my that on with have not be was this your order we are but \
    can at me please as if or has from so there when they will delivery an no would by which what received one do been \
    get could how our email any package still after returned account now more about am out address number than need \
    yesterday size shipped invoice refund wrong help parcel website payment day thank regards bike weeks password \
    customer item colour bought shop broken replacement tracking label warranty discount card charged twice cancel \
    subscription arrived box missing screw battery charger courier store pickup voucher code expired login error app \
    update phone call monday morning friday afternoon hello dear team sincerely jacket tent boots stove lamp rope";

const FIRST_NAMES: &str = "Ana Marko Ivana Luka Petra Josip Lena Paul Emma Jonas Mia Felix Sofia Leon Marie Noah Clara \
    Elias Nina Filip Sara David Laura Tim Julia Jan Eva Tom Lara Max Olga Piotr Zofia Chiara Marco Giulia Pierre Camille \
    Hugo Ingrid Lars Freja Aino Mikko Yuki Haruto Aiko Wei Li Priya Arjun Fatima Omar Leila John Alice Grace Henry Ruth";
const FAMILY_SYLLABLES: &str =
    "berg hoff novak mar kov ic son mann stein vic ler ner ras tol den ham field ford ley wood";
const ONSETS: &str = "b br c ch d dr f fl g gr h j k kl l m n p pl pr qu r s sh st t tr v w z";
const NUCLEI: &str = "a e i o u ai ea ie oo ou";
const CODAS: &str = "n r s t l m nd rt st x";

const VOCABULARY: usize = 40_000;
/// Close to the exponent of English.
const EXPONENT: f64 = 1.05;

/// A ranking of words to draw from. Takes a moment to make; share it.
pub struct Words {
    words: Vec<String>,
    /// The share of all words up to and with each rank, of 2^32.
    shares: Vec<u32>,
    first_names: Vec<&'static str>,
    family_syllables: Vec<&'static str>,
}

impl Words {
    pub fn new() -> Self {
        let words = vocabulary();
        let weights: Vec<f64> = (0..words.len()).map(|rank| (rank as f64 + 2.7).powf(-EXPONENT)).collect();
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let shares = weights
            .iter()
            .map(|weight| {
                sum += weight / total;
                (sum * f64::from(u32::MAX)) as u32
            })
            .collect();
        Self {
            words,
            shares,
            first_names: FIRST_NAMES.split_whitespace().collect(),
            family_syllables: FAMILY_SYLLABLES.split_whitespace().collect(),
        }
    }

    /// The word of this rank, 0 being the most frequent.
    pub fn of_rank(&self, rank: usize) -> &str {
        &self.words[rank.min(self.words.len() - 1)]
    }

    pub fn draw(&self, random: &mut Random) -> &str {
        let point = (random.next() >> 32) as u32;
        self.of_rank(self.shares.partition_point(|share| *share < point))
    }

    /// Sentences of so many words in sum.
    pub fn text(&self, random: &mut Random, count: usize) -> String {
        let mut text = String::with_capacity(count * 7);
        let mut sentence = 0;
        for index in 0..count {
            let word = self.draw(random);
            if sentence == 0 {
                let mut letters = word.chars();
                text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                text.push_str(letters.as_str());
                sentence = 4 + random.below(12);
            } else {
                text.push_str(word);
                sentence -= 1;
            }
            text.push_str(if index + 1 == count || sentence == 0 { ". " } else { " " });
        }
        text.truncate(text.trim_end().len());
        text
    }

    pub fn first_name(&self, random: &mut Random) -> &'static str {
        self.first_names[random.below(self.first_names.len() as u64) as usize]
    }

    pub fn family_name(&self, random: &mut Random) -> String {
        let mut name = String::with_capacity(12);
        for _ in 0..2 + random.below(2) {
            name.push_str(self.family_syllables[random.below(self.family_syllables.len() as u64) as usize]);
        }
        name[..1].make_ascii_uppercase();
        name
    }
}

impl Default for Words {
    fn default() -> Self {
        Self::new()
    }
}

fn vocabulary() -> Vec<String> {
    let mut words: Vec<String> = COMMON.split_whitespace().map(str::to_owned).collect();
    let mut known: std::collections::HashSet<String> = words.iter().cloned().collect();
    let parts = [ONSETS, NUCLEI, CODAS].map(|list| list.split_whitespace().collect::<Vec<_>>());
    let mut random = Random::new(0x5EED);
    let mut pick = |list: &[&'static str]| list[random.below(list.len() as u64) as usize];
    while words.len() < VOCABULARY {
        // Rarer words are longer, as in every language.
        let syllables = 1 + words.len() / 600;
        let mut word = String::new();
        for _ in 0..syllables.min(3) {
            word.push_str(pick(&parts[0]));
            word.push_str(pick(&parts[1]));
        }
        word.push_str(pick(&parts[2]));
        if known.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_words_make_up_most_of_a_text() {
        let (words, mut random) = (Words::new(), Random::new(3));
        let text = words.text(&mut random, 100_000).to_lowercase();
        let drawn: Vec<&str> =
            text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
        assert_eq!(drawn.len(), 100_000);
        let top: Vec<&str> = (0..100).map(|rank| words.of_rank(rank)).collect();
        let share = drawn.iter().filter(|word| top.contains(word)).count() as f64 / 100_000.0;
        assert!((0.35..0.6).contains(&share), "{share}");
        let distinct: std::collections::HashSet<&&str> = drawn.iter().collect();
        assert!(distinct.len() > 10_000, "{}", distinct.len());
    }
}
