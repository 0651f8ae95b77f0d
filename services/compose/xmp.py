"""A statement as an XMP packet (XMP specification part 1; IPTC Photo Metadata Standard)."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from services.compose.statement import CREATOR, Statement

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


SRGB = "sRGB IEC61966-2.1"


def packet(statement: Statement, media_type: str, profile: str = SRGB) -> bytes:
    """The packet for a file of that type and profile, UTF-8. Fields that IPTC has too hold the same text there."""
    date = statement.date
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}"
    sku, image_no, status = (_text(part) for part in (statement.sku, statement.image_no, statement.status))
    template = _text(statement.template)
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
   <dc:identifier>{sku}</dc:identifier>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{sku} {image_no}</rdf:li></rdf:Alt></dc:title>
   <xmp:CreatorTool>{CREATOR}</xmp:CreatorTool>
   <xmp:MetadataDate>{day}</xmp:MetadataDate>
   <photoshop:ColorMode>3</photoshop:ColorMode>
   <photoshop:ICCProfile>{profile}</photoshop:ICCProfile>
   <photoshop:Instructions>{template} sha256:{statement.digest}</photoshop:Instructions>
   <photoshop:TransmissionReference>{image_no}</photoshop:TransmissionReference>
   <Iptc4xmpExt:DigitalSourceType>{statement.source_type}</Iptc4xmpExt:DigitalSourceType>
   <selvage:SKU>{sku}</selvage:SKU>
   <selvage:ImageNumber>{image_no}</selvage:ImageNumber>
   <selvage:Status>{status}</selvage:Status>
   <selvage:Template>{template}</selvage:Template>
   <selvage:TemplateDigest>{statement.digest}</selvage:TemplateDigest>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))
