// Drives `remove.bg` as its documentation shows: node from_npm.cjs KEY PHOTO URL.
const fs = require("fs");
const client = require("remove.bg");

const [apiKey, path, url] = process.argv.slice(2);
const told = {};

async function main() {
  const base64img = fs.readFileSync(path).toString("base64");
  told.file = await client.removeBackgroundFromImageFile({
    path, apiKey, size: "regular", type: "product", crop: true, crop_margin: "10%", scale: "50%", outputFile: "file.png",
  });
  told.base64 = await client.removeBackgroundFromImageBase64({ base64img, apiKey, size: "auto", outputFile: "base64.png" });
  told.url = await client.removeBackgroundFromImageUrl({
    url, apiKey, size: "full", bg_color: "00ff00", add_shadow: true, outputFile: "url.jpg",
  });
  for (const each of Object.values(told)) delete each.base64img;
  told.refused = await client.removeBackgroundFromImageFile({ path, apiKey: "nobody" }).catch((errors) => errors);
  told.wrong = await client
    .removeBackgroundFromImageBase64({ base64img, apiKey, position: "left" })
    .catch((errors) => errors);
  console.log(JSON.stringify(told));
  process.exit(0); // the client keeps the connection of a refused upload open
}

main();
