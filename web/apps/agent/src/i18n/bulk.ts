/** The words of doing one thing to several conversations. */
import { addWords } from ".";
import words from "./en.bulk.json";

addWords(words);
