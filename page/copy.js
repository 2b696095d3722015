// Copy buttons.
import {element} from './dom.js';

const shownFor = 2_000;

/// Lets `button` copy what `text()` gives at the time of the click, and say so.
export function makeCopy(button, text) {
  const said = element('span', {class: 'copied', role: 'status'});
  button.after(said);
  button.addEventListener('click', async () => {
    said.textContent = await copied(text()) ? 'Copied' : 'The browser does not allow it: select and copy by hand.';
    setTimeout(() => { said.textContent = ''; }, shownFor);
  });
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
