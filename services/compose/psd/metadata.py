"""Image resources: resolution, profile, thumbnail, XMP (specification, "Image resources section"; XMP part 1)."""

from __future__ import annotations

import re
import struct
from xml.sax.saxutils import escape

from services.compose.psd.model import Document

RESOLUTION, THUMBNAIL, PROFILE, VERSION, XMP = 1005, 1036, 1039, 1057, 1060
WRITER = "Selvage"
# https://cv.iptc.org/newscodes/digitalsourcetype/: the photo was corrected by an algorithm, nothing was made up.
ENHANCED = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def resources(document: Document) -> bytes:
    """All resources of a document, without the length of the section."""
    dots = document.dpi << 16
    out = _resource(RESOLUTION, struct.pack(">IHHIHH", dots, 1, 1, dots, 1, 1))
    if document.thumbnail:
        thumbnail = document.thumbnail
        row = (thumbnail.width * 24 + 31) // 32 * 4
        head = struct.pack(
            ">6IHH", 1, thumbnail.width, thumbnail.height, row, row * thumbnail.height, len(thumbnail.jpeg), 24, 1
        )
        out += _resource(THUMBNAIL, head + thumbnail.jpeg)
    out += _resource(PROFILE, document.icc)
    name = struct.pack(">I", len(WRITER)) + WRITER.encode("utf-16-be")
    has_merged = 1
    out += _resource(VERSION, struct.pack(">IB", 1, has_merged) + name + name + struct.pack(">I", 1))
    if document.xmp:
        out += _resource(XMP, document.xmp)
    return out


def xmp(*, media_type: str, sku: str, image_no: str, date: str, status: str, template: str, digest: str) -> bytes:
    """An XMP packet: what the picture is, how it was made, and that no part of it is generated.

    date: YYYYMMDD. template: "name@revision". digest: SHA-256 of the template file.
    """
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}"
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:selvage="urn:selvage:xmp:1">
   <dc:format>{media_type}</dc:format>
   <dc:identifier>{_text(sku)}</dc:identifier>
   <xmp:CreatorTool>{WRITER}</xmp:CreatorTool>
   <xmp:MetadataDate>{day}</xmp:MetadataDate>
   <photoshop:ColorMode>3</photoshop:ColorMode>
   <photoshop:ICCProfile>sRGB IEC61966-2.1</photoshop:ICCProfile>
   <Iptc4xmpExt:DigitalSourceType>{ENHANCED}</Iptc4xmpExt:DigitalSourceType>
   <selvage:SKU>{_text(sku)}</selvage:SKU>
   <selvage:ImageNumber>{_text(image_no)}</selvage:ImageNumber>
   <selvage:Status>{_text(status)}</selvage:Status>
   <selvage:Template>{_text(template)}</selvage:Template>
   <selvage:TemplateDigest>{digest}</selvage:TemplateDigest>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _resource(number: int, data: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) % 2)
