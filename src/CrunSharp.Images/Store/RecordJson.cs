using System.Text.Json;

namespace CrunSharp.Images.Store;

/// <summary>What the store's records have in common. By hand: a launch reads one, and a serializer's first object costs it 2 ms.</summary>
internal static class RecordJson
{
    public static void WriteRoot(Utf8JsonWriter json, RootAttributes root)
    {
        json.WriteStartArray("root"u8);
        json.WriteNumberValue(root.Owner);
        json.WriteNumberValue(root.Group);
        json.WriteNumberValue(root.Mode);
        json.WriteEndArray();
    }

    public static RootAttributes ReadRoot(ref Utf8JsonReader json)
    {
        Span<uint> values = stackalloc uint[3];
        for (int index = 0; json.Read() && json.TokenType == JsonTokenType.Number && index < values.Length; index++)
        {
            values[index] = json.GetUInt32();
        }

        return new RootAttributes(values[0], values[1], values[2]);
    }

    public static List<byte[]> ReadBytes(ref Utf8JsonReader json)
    {
        List<byte[]> values = [];
        while (json.Read() && json.TokenType == JsonTokenType.String)
        {
            values.Add(json.GetBytesFromBase64());
        }

        return values;
    }

    public static List<string> ReadStrings(ref Utf8JsonReader json)
    {
        List<string> values = [];
        while (json.Read() && json.TokenType == JsonTokenType.String)
        {
            values.Add(json.GetString()!);
        }

        return values;
    }

    public static T Skip<T>(T record, ref Utf8JsonReader json)
    {
        json.Skip();
        return record;
    }
}
