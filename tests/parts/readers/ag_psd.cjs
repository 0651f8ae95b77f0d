// What ag-psd finds in a PSD or PSB, as JSON: node ag_psd.cjs MODULE FILE. Pixels are base64 of 8 or 16-bit RGBA.
const fs = require('fs');
const { initializeCanvas, readPsd } = require(process.argv[2]);

const noCanvas = () => { throw new Error('there is no canvas here'); };
initializeCanvas(noCanvas, (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height * 4) }));

// ag-psd refuses the merged image of a document that is both 16-bit and transparent.
function options(bytes) {
  const skipCompositeImageData = bytes.readUInt16BE(12) === 4 && bytes.readUInt16BE(22) === 16;
  return { useImageData: true, useRawThumbnail: true, skipCompositeImageData };
}

function pixels(image) {
  if (!image) return null;
  const { data, width, height } = image;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { width, height, bits: data.BYTES_PER_ELEMENT * 8, base64: bytes.toString('base64') };
}

function layer(entry) {
  const { name, blendMode, opacity, left, top, clipping, placedLayer, mask, children } = entry;
  return {
    name, blendMode, opacity, left, top, clipping,
    placed: placedLayer ? { id: placedLayer.id, transform: placedLayer.transform } : null,
    mask: mask ? { left: mask.left, top: mask.top, pixels: pixels(mask.imageData) } : null,
    pixels: pixels(entry.imageData),
    children: children ? children.map(layer) : null,
  };
}

function document(bytes) {
  const psd = readPsd(bytes, options(bytes));
  const resources = psd.imageResources || {};
  return {
    width: psd.width, height: psd.height, bits: psd.bitsPerChannel,
    merged: pixels(psd.imageData),
    layers: (psd.children || []).map(layer),
    xmp: resources.xmpMetadata || null,
    thumbnail: resources.thumbnailRaw ? { width: resources.thumbnailRaw.width, height: resources.thumbnailRaw.height } : null,
    linked: (psd.linkedFiles || []).map(file => ({
      id: file.id, name: file.name, document: file.data ? document(Buffer.from(file.data)) : null,
    })),
  };
}

process.stdout.write(JSON.stringify(document(fs.readFileSync(process.argv[3]))));
