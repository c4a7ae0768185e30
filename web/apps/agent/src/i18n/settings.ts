/** The words of the settings screens, fetched together with the code that shows them. */
import { addWords } from ".";
import words from "./en.settings.json";

addWords(words);
