// The few words this page needs to speak to its document.

export const byId = (id) => document.getElementById(id);

/// Text only ever becomes text here: nothing from outside is read as markup.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/// A row of a description list; a wrapping div keeps term and description together (HTML §4.4.9).
export function described(term, ...descriptions) {
  return element('div', {}, element('dt', {}, term), ...descriptions.map((one) => element('dd', {}, one)));
}

export function show(id, visible) {
  byId(id).hidden = !visible;
}

export function setText(id, text) {
  byId(id).textContent = text;
  byId(id).hidden = text === '';
}

export function clockTime(date) {
  return date.toLocaleTimeString([], {hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'});
}
