using System.Text;
using System.Text.Json;

namespace CrunSharp.Oci;

/// <summary>Finds the path of what stands at an offset of a document.</summary>
internal static class JsonPlace
{
    public static string Of(ReadOnlySpan<byte> json, long offset)
    {
        Utf8JsonReader reader = new(json);
        Stack<(string Name, int Index)> outer = [];
        (string Name, int Index) here = ("", -1);
        try
        {
            while (reader.Read())
            {
                if (here.Index >= 0 && reader.TokenType is not JsonTokenType.EndArray)
                {
                    here.Index++;
                }

                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    // As it stands: it may be just what cannot be decoded.
                    here.Name = Encoding.UTF8.GetString(reader.ValueSpan);
                }

                if (reader.TokenStartIndex >= offset)
                {
                    break;
                }

                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject:
                        outer.Push(here);
                        here = ("", -1);
                        break;
                    case JsonTokenType.StartArray:
                        outer.Push(here);
                        here = ("", 0);
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        here = outer.Pop();
                        break;
                }
            }
        }
        catch (JsonException)
        {
            // What comes before the broken place is still its path.
        }

        // An object that lacks something is named itself, not by the field that it ended with.
        List<string> parts = [];
        bool atEnd = reader.TokenType is JsonTokenType.EndObject;
        if (!atEnd)
        {
            parts.Add(Part(here));
        }

        foreach ((string Name, int Index) level in outer)
        {
            parts.Add(Part(level));
        }

        parts.Reverse();
        return string.Concat(parts).TrimStart('.');
    }

    private static string Part((string Name, int Index) level) =>
        level.Index > 0 ? $"[{level.Index - 1}]" : level.Name.Length > 0 ? $".{level.Name}" : "";
}
