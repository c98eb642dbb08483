using System.Buffers;
using System.Text.Json;
using CrunSharp.Oci;

namespace CrunSharp.Images.Store;

/// <summary>image.json: which blobs and layers an image is made of.</summary>
internal sealed record ImageRecord
{
    /// <summary>The digest of the config.</summary>
    public required Digest Id { get; init; }

    public required Descriptor Manifest { get; init; }

    /// <summary>Keys below <c>layers/</c>, the lowest first; those that the root file system is stacked of.</summary>
    public required IReadOnlyList<string> Layers { get; init; }

    /// <summary>Further keys that would otherwise be unpacked again: the layers that were mended, as they came.</summary>
    public IReadOnlyList<string> Unmended { get; init; } = [];

    /// <summary>Manifest, config and packed layers.</summary>
    public required IReadOnlyList<Digest> Blobs { get; init; }

    public required long Size { get; init; }

    public required RootAttributes Root { get; init; }

    public byte[] Write()
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("id"u8, Id.ToString());
        json.WriteString("manifest"u8, Manifest.Digest.ToString());
        json.WriteString("manifestType"u8, Manifest.MediaType);
        json.WriteNumber("manifestSize"u8, Manifest.Size);
        WriteList(json, "layers", Layers);
        WriteList(json, "unmended", Unmended);
        WriteList(json, "blobs", Blobs.Select(static blob => blob.ToString()));
        json.WriteNumber("size"u8, Size);
        RecordJson.WriteRoot(json, Root);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static ImageRecord Read(ReadOnlySpan<byte> bytes)
    {
        Utf8JsonReader json = new(bytes);
        string type = "";
        long size = 0;
        Digest manifest = default;
        ImageRecord record = new()
        {
            Id = default,
            Manifest = null!,
            Layers = [],
            Blobs = [],
            Size = 0,
            Root = RootAttributes.Default,
        };
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            switch (name)
            {
                case "id": record = record with { Id = Digest.Parse(json.GetString()!) }; break;
                case "manifest": manifest = Digest.Parse(json.GetString()!); break;
                case "manifestType": type = json.GetString()!; break;
                case "manifestSize": size = json.GetInt64(); break;
                case "layers": record = record with { Layers = RecordJson.ReadStrings(ref json) }; break;
                case "unmended": record = record with { Unmended = RecordJson.ReadStrings(ref json) }; break;
                case "blobs": record = record with { Blobs = [.. RecordJson.ReadStrings(ref json).Select(Digest.Parse)] }; break;
                case "size": record = record with { Size = json.GetInt64() }; break;
                case "root": record = record with { Root = RecordJson.ReadRoot(ref json) }; break;
                default: json.Skip(); break;
            }
        }

        return record with { Manifest = new Descriptor { MediaType = type, Digest = manifest, Size = size } };
    }

    private static void WriteList(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
