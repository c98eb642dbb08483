using System.Text.Json;

namespace CrunSharp.Oci;

/// <summary>Reads a JSON document field by field, without a serializer: each <c>Next</c> takes one value.</summary>
/// <remarks>A value that is <c>null</c> counts as absent, because Go writes its empty lists so.</remarks>
public ref struct JsonCursor
{
    private readonly ReadOnlySpan<byte> _json;
    private Utf8JsonReader _reader;

    public JsonCursor(ReadOnlySpan<byte> json)
    {
        _json = json;
        _reader = new Utf8JsonReader(json);
    }

    public delegate T ItemReader<T>(ref JsonCursor cursor);

    /// <summary>Reads the whole document; what is wrong with it is told with its place.</summary>
    /// <exception cref="CrunException">It is no JSON, or not of the form that <paramref name="read"/> expects.</exception>
    public static T Read<T>(string name, ReadOnlySpan<byte> json, ItemReader<T> read)
    {
        JsonCursor cursor = new(json);
        try
        {
            T value = read(ref cursor);
            return cursor._reader.Read() ? throw cursor.Wrong("has something after its end") : value;
        }
        catch (JsonException broken)
        {
            throw new CrunException($"cannot read {name}", $"line {(broken.LineNumber ?? 0) + 1} is not JSON", broken);
        }
        catch (JsonFormException wrong)
        {
            // Only now is it worth knowing where: a second pass costs nothing to those who never fail.
            string path = JsonPlace.Of(json, wrong.Offset);
            throw new CrunException($"cannot read {name}", path.Length == 0 ? $"it {wrong.Message}" : $"'{path}' {wrong.Message}");
        }
    }

    /// <summary>Enters an object; false: it is absent.</summary>
    public bool NextObject()
    {
        Advance();
        return _reader.TokenType switch
        {
            JsonTokenType.StartObject => true,
            JsonTokenType.Null => false,
            _ => throw Wrong("is not an object"),
        };
    }

    /// <summary>Goes to the next field of the object; false: it has ended.</summary>
    public bool NextField()
    {
        Advance();
        return _reader.TokenType == JsonTokenType.PropertyName;
    }

    /// <summary>Whether the field is this one; the name is not decoded for it.</summary>
    public readonly bool Is(ReadOnlySpan<byte> name) => _reader.ValueTextEquals(name);

    public readonly string FieldName() => Text();

    /// <summary>Leaves out the field's value, whatever it is.</summary>
    public void Skip() => _reader.Skip();

    public string? NextText()
    {
        Advance();
        return _reader.TokenType switch
        {
            JsonTokenType.String => Text(),
            JsonTokenType.Null => null,
            _ => throw Wrong("is not a string"),
        };
    }

    public bool? NextFlag()
    {
        Advance();
        return _reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            JsonTokenType.Null => null,
            _ => throw Wrong("is not true or false"),
        };
    }

    public long? NextInt64() =>
        !NextNumber() ? null : _reader.TryGetInt64(out long value) ? value : throw Wrong("is not a whole number of 64 bits");

    public ulong? NextUInt64() =>
        !NextNumber() ? null : _reader.TryGetUInt64(out ulong value) ? value : throw Wrong("is not a whole number from 0 to 18446744073709551615");

    public int? NextInt32() =>
        !NextNumber() ? null : _reader.TryGetInt32(out int value) ? value : throw Wrong("is not a whole number of 32 bits");

    public uint? NextUInt32() =>
        !NextNumber() ? null : _reader.TryGetUInt32(out uint value) ? value : throw Wrong("is not a whole number from 0 to 4294967295");

    public ushort? NextUInt16() =>
        !NextNumber() ? null : _reader.TryGetUInt16(out ushort value) ? value : throw Wrong("is not a whole number from 0 to 65535");

    public IReadOnlyList<T> NextList<T>(ItemReader<T> read)
    {
        if (!NextArray())
        {
            return [];
        }

        List<T> items = [];
        while (!AtEndOfArray())
        {
            items.Add(read(ref this));
        }

        return items;
    }

    public IReadOnlyList<string> NextTexts() =>
        NextList(static (ref JsonCursor cursor) => cursor.NextText() ?? throw cursor.Wrong("is not a string"));

    public IReadOnlyDictionary<string, T> NextDictionary<T>(ItemReader<T> read)
    {
        Dictionary<string, T> items = [];
        if (NextObject())
        {
            while (NextField())
            {
                items[FieldName()] = read(ref this);
            }
        }

        return items;
    }

    public IReadOnlyDictionary<string, string> NextWords() =>
        NextDictionary(static (ref JsonCursor cursor) => cursor.NextText() ?? throw cursor.Wrong("is not a string"));

    /// <summary>The value's own bytes, copied; empty: it is absent.</summary>
    public ReadOnlyMemory<byte> NextRaw()
    {
        Advance();
        int start = (int)_reader.TokenStartIndex;
        bool absent = _reader.TokenType == JsonTokenType.Null;
        _reader.Skip();
        return absent ? default : _json[start..(int)_reader.BytesConsumed].ToArray();
    }

    /// <summary>A failure that concerns the value or object just read.</summary>
    public readonly Exception Wrong(string why) => new JsonFormException(why, _reader.TokenStartIndex);

    private readonly string Text()
    {
        try
        {
            return _reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            throw Wrong("is not UTF-8");
        }
    }

    private bool NextArray()
    {
        Advance();
        return _reader.TokenType switch
        {
            JsonTokenType.StartArray => true,
            JsonTokenType.Null => false,
            _ => throw Wrong("is not a list"),
        };
    }

    // Looks ahead, because reading an item takes its first token itself.
    private bool AtEndOfArray()
    {
        Utf8JsonReader ahead = _reader;
        if (!ahead.Read())
        {
            throw new JsonException();
        }

        if (ahead.TokenType != JsonTokenType.EndArray)
        {
            return false;
        }

        _reader = ahead;
        return true;
    }

    private bool NextNumber()
    {
        Advance();
        return _reader.TokenType switch
        {
            JsonTokenType.Number => true,
            JsonTokenType.Null => false,
            _ => throw Wrong("is not a number"),
        };
    }

    private void Advance()
    {
        if (!_reader.Read())
        {
            throw Wrong("ends too early");
        }
    }
}

internal sealed class JsonFormException(string why, long offset) : Exception(why)
{
    public long Offset { get; } = offset;
}
