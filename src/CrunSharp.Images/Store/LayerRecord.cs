using System.Buffers;
using System.Text.Json;
using CrunSharp.Images.Unpack;
using CrunSharp.Oci;

namespace CrunSharp.Images.Store;

/// <summary>layer.json: what a layer's tree alone does not say.</summary>
internal sealed record LayerRecord
{
    public required Digest DiffId { get; init; }

    public required long Size { get; init; }

    public required long Entries { get; init; }

    public RootAttributes? Root { get; init; }

    public bool HidesAllBelow { get; init; }

    public LayerNeeds Needs { get; init; } = LayerNeeds.None;

    public IReadOnlyList<string> Notes { get; init; } = [];

    public byte[] Write()
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("diffId"u8, DiffId.ToString());
        json.WriteNumber("size"u8, Size);
        json.WriteNumber("entries"u8, Entries);
        if (Root is { } root)
        {
            RecordJson.WriteRoot(json, root);
        }

        json.WriteBoolean("hidesAllBelow"u8, HidesAllBelow);

        // Paths are bytes, not always text.
        json.WriteStartArray("impliedDirectories"u8);
        foreach (byte[] path in Needs.ImpliedDirectories)
        {
            json.WriteBase64StringValue(path);
        }

        json.WriteEndArray();
        json.WriteStartArray("linksBelow"u8);
        foreach (LinkBelow link in Needs.Links)
        {
            json.WriteBase64StringValue(link.Path);
            json.WriteBase64StringValue(link.Target);
        }

        json.WriteEndArray();
        json.WriteStartArray("notes"u8);
        foreach (string note in Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static LayerRecord Read(ReadOnlySpan<byte> bytes)
    {
        Utf8JsonReader json = new(bytes);
        LayerRecord record = new() { DiffId = default, Size = 0, Entries = 0 };
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            record = name switch
            {
                "diffId" => record with { DiffId = Digest.Parse(json.GetString()!) },
                "size" => record with { Size = json.GetInt64() },
                "entries" => record with { Entries = json.GetInt64() },
                "root" => record with { Root = RecordJson.ReadRoot(ref json) },
                "hidesAllBelow" => record with { HidesAllBelow = json.GetBoolean() },
                "impliedDirectories" => record with { Needs = record.Needs with { ImpliedDirectories = RecordJson.ReadBytes(ref json) } },
                "linksBelow" => record with { Needs = record.Needs with { Links = ReadLinks(ref json) } },
                "notes" => record with { Notes = RecordJson.ReadStrings(ref json) },
                _ => RecordJson.Skip(record, ref json),
            };
        }

        return record;
    }

    private static List<LinkBelow> ReadLinks(ref Utf8JsonReader json)
    {
        List<byte[]> parts = RecordJson.ReadBytes(ref json);
        List<LinkBelow> links = [];
        for (int index = 0; index + 1 < parts.Count; index += 2)
        {
            links.Add(new LinkBelow(parts[index], parts[index + 1]));
        }

        return links;
    }
}
