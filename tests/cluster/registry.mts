/** A registry of OCI for components. Hosts of wasmCloud take components from nowhere else. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

interface Image {
  manifest: Buffer;
  blobs: Buffer[];
}

const TYPE = 'application/vnd.oci.image.manifest.v1+json';

function imageOf(component: Buffer): Image {
  const layer = digestOf(component);
  const about = { created: '2026-01-01T00:00:00Z', architecture: 'wasm', os: 'wasip2', layerDigests: [layer] };
  const config = Buffer.from(JSON.stringify(about));
  const described = (mediaType: string, bytes: Buffer): object => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: TYPE,
    config: described('application/vnd.wasm.config.v0+json', config),
    layers: [described('application/wasm', component)],
  };
  return { manifest: Buffer.from(JSON.stringify(manifest)), blobs: [component, config] };
}

/** Serves each component as the image of its name. */
export function serveImages(components: Map<string, Buffer>): Server {
  const images = new Map([...components].map(([name, bytes]) => [name, imageOf(bytes)]));
  return createServer(({ url = '' }, response) => {
    const [, version, name = '', kind, reference] = url.split('/');
    if (version === 'v2' && name === '') return response.end('{}');
    const image = images.get(name);
    const blob = kind === 'blobs' ? image?.blobs.find((bytes) => digestOf(bytes) === reference) : undefined;
    if (blob) return response.end(blob);
    if (!image || kind !== 'manifests') return response.writeHead(404).end();
    const headers = { 'content-type': TYPE, 'docker-content-digest': digestOf(image.manifest) };
    return response.writeHead(200, headers).end(image.manifest);
  });
}
