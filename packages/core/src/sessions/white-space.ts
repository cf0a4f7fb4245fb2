/** A text without the spaces and tabs around it: no other white space is optional in a header (RFC 9110, section 5.6.3). */
export const trimBlanks = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
};

const isBlank = (character: string | undefined): boolean => character === " " || character === "\t";
