// The page's settings: config.json beside it, with the five names of the original example.

const names = ['AUTH0_DOMAIN', 'AUTH0_CLIENT_ID', 'AUTH0_AUDIENCE', 'PUBLIC_ENDPOINT', 'PRIVATE_ENDPOINT'];
const patience = 10_000;

/// @throws Error whose message is for the person
export async function loadConfig() {
  const settings = await read();
  const missing = names.filter((name) => typeof settings?.[name] !== 'string' || settings[name].trim() === '');
  if (missing.length) throw new Error(`config.json lacks ${missing.join(', ')}: each is a text that is not empty.`);
  try {
    return understand(settings);
  } catch {
    throw new Error('config.json: AUTH0_DOMAIN must be a host, PUBLIC_ENDPOINT and PRIVATE_ENDPOINT must be URLs.');
  }
}

async function read() {
  let answer;
  try {
    answer = await fetch('config.json', {cache: 'no-store', signal: AbortSignal.timeout(patience)});
  } catch {
    throw new Error('config.json could not be loaded: the server of this page does not answer. Start it, then reload.');
  }
  if (!answer.ok) throw new Error(`config.json could not be loaded (status ${answer.status}). It must lie beside this page; portcullis-dev serves one.`);
  try {
    return await answer.json();
  } catch {
    throw new Error('config.json is not JSON.');
  }
}

function understand(settings) {
  const domain = settings.AUTH0_DOMAIN.trim().replace(/\/+$/, '');
  const local = domain.startsWith('http://');
  const tenant = new URL(local || domain.startsWith('https://') ? domain : `https://${domain}`).origin;
  const absolute = (url) => new URL(url, document.baseURI).href;
  const guarded = absolute(settings.PRIVATE_ENDPOINT);
  return {
    domain,
    local,
    tenant,
    clientId: settings.AUTH0_CLIENT_ID,
    audience: settings.AUTH0_AUDIENCE,
    apiOrigin: new URL(guarded).origin,
    publicUrl: absolute(settings.PUBLIC_ENDPOINT),
    privateUrl: guarded,
    ordersUrl: new URL('orders', guarded).href,  // the last segment replaced
    adminUrl: new URL('admin', guarded).href,
  };
}

/// The page's own address as a tenant must know it: no file name, no query, no fragment.
export const pageUrl = () => new URL('.', location.href).href;
