using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CrunSharp.Observe;

namespace CrunSharp.Cli.Output;

/// <summary>Sections as one object: each an array of its rows, by the columns' names.</summary>
internal static class SectionJson
{
    public static string Write(IReadOnlyList<Section> sections)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            foreach (Section section in sections)
            {
                json.WriteStartArray(section.Name);
                foreach (IReadOnlyList<string> row in section.Rows)
                {
                    json.WriteStartObject();
                    for (int column = 0; column < row.Count; column++)
                    {
                        json.WriteString(section.Columns[column], row[column]);
                    }

                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
