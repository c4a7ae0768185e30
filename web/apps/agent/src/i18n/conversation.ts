/** The words of an open conversation and of writing, fetched together with the code that shows them. */
import { addWords } from ".";
import words from "./en.conversation.json";

addWords(words);
