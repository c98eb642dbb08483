using System.Text;
using System.Text.Json;

namespace CrunSharp.Oci;

/// <summary>Walks a document that somebody else wrote; every refusal says where in it.</summary>
/// <remarks>
/// Member names are compared exactly and may not repeat: two parsers that take different ones
/// of two equal names would see two different images behind one digest.
/// </remarks>
internal ref struct JsonWalker
{
    private const int DeepestNesting = 32;

    private readonly string _what;
    private readonly string?[] _path;
    private Utf8JsonReader _reader;

    public JsonWalker(ReadOnlySpan<byte> document, string what)
    {
        _what = what;
        _path = new string?[DeepestNesting + 2];
        _reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = DeepestNesting });
        Advance();
    }

    /// <summary>Steps into the object that begins here; the answer collects the names seen in it.</summary>
    public HashSet<string> EnterObject()
    {
        Expect(JsonTokenType.StartObject, "an object");
        return [];
    }

    /// <summary>Moves to the value of the next member, or past the object's end.</summary>
    public bool NextMember(HashSet<string> seen, out string name)
    {
        Advance();
        if (_reader.TokenType == JsonTokenType.EndObject)
        {
            _path[_reader.CurrentDepth + 1] = null;
            name = "";
            return false;
        }

        name = Decode();
        _path[_reader.CurrentDepth] = name;
        if (!seen.Add(name))
        {
            throw Refuse("it is there twice");
        }

        Advance();
        return true;
    }

    public void EnterList() => Expect(JsonTokenType.StartArray, "a list");

    /// <summary>Moves to the next entry, or past the list's end.</summary>
    public bool NextEntry(int index)
    {
        Advance();
        if (_reader.TokenType == JsonTokenType.EndArray)
        {
            _path[_reader.CurrentDepth + 1] = null;
            return false;
        }

        _path[_reader.CurrentDepth] = $"[{index}]";
        return true;
    }

    public readonly bool IsNull() => _reader.TokenType == JsonTokenType.Null;

    public void Skip()
    {
        try
        {
            _reader.Skip();
        }
        catch (JsonException e)
        {
            throw Malformed(e);
        }
    }

    /// <summary>A text, or null where the document says null.</summary>
    public string? Text()
    {
        if (IsNull())
        {
            return null;
        }

        Expect(JsonTokenType.String, "a text");
        return Decode();
    }

    public bool Flag() => _reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False or JsonTokenType.Null => false,
        _ => throw Refuse("it is not true or false"),
    };

    public long Number() =>
        _reader.TokenType == JsonTokenType.Number && _reader.TryGetInt64(out long number) ? number : throw Refuse("it is not a whole number");

    public long Size() => Number() is >= 0 and long size ? size : throw Refuse("it is negative");

    public Digest Digest() =>
        Oci.Digest.TryParse(Text(), out Digest digest) ? digest : throw Refuse("it is no digest: sha256: or sha512: and lower-case hex of the right length");

    public DateTimeOffset? Time()
    {
        if (IsNull())
        {
            return null;
        }

        Expect(JsonTokenType.String, "a time");

        // An image without a time is better than no image: builders have written all sorts here.
        return _reader.TryGetDateTimeOffset(out DateTimeOffset time) ? time : null;
    }

    /// <summary>A list of texts; empty where the document says null.</summary>
    public IReadOnlyList<string> TextList()
    {
        List<string> texts = [];
        if (IsNull())
        {
            return texts;
        }

        EnterList();
        for (int index = 0; NextEntry(index); index++)
        {
            texts.Add(Text() ?? throw Refuse("it is not a text"));
        }

        return texts;
    }

    /// <summary>The names of an object whose values mean nothing, as <c>{"80/tcp": {}}</c>.</summary>
    public IReadOnlyList<string> Names()
    {
        List<string> names = [];
        if (IsNull())
        {
            return names;
        }

        HashSet<string> seen = EnterObject();
        while (NextMember(seen, out string name))
        {
            Skip();
            names.Add(name);
        }

        return names;
    }

    public IReadOnlyDictionary<string, string> Map()
    {
        Dictionary<string, string> map = new(StringComparer.Ordinal);
        if (IsNull())
        {
            return map;
        }

        HashSet<string> seen = EnterObject();
        while (NextMember(seen, out string name))
        {
            map[name] = Text() ?? "";
        }

        return map;
    }

    /// <summary>Refuses what follows the document.</summary>
    public void End()
    {
        try
        {
            if (!_reader.Read())
            {
                return;
            }
        }
        catch (JsonException e)
        {
            throw Malformed(e);
        }

        throw Refuse("something follows its end");
    }

    public readonly CrunException Refuse(string why)
    {
        StringBuilder path = new();
        foreach (string? part in _path)
        {
            if (part is not null)
            {
                path.Append(path.Length == 0 || part.StartsWith('[') ? "" : ".").Append(part);
            }
        }

        // Names in it are the writer's: none of them may talk to a terminal.
        string where = string.Concat(path.ToString().Select(letter => char.IsControl(letter) ? '?' : letter));
        return new CrunException(_what, where.Length == 0 ? why : $"at '{where}': {why}");
    }

    private readonly void Expect(JsonTokenType token, string name)
    {
        if (_reader.TokenType != token)
        {
            throw Refuse($"it is not {name}");
        }
    }

    private void Advance()
    {
        try
        {
            // A document that ends too soon throws; false would mean that a caller walked on past its end.
            if (!_reader.Read())
            {
                throw Refuse("it ends too soon");
            }
        }
        catch (JsonException e)
        {
            throw Malformed(e);
        }
    }

    private readonly string Decode()
    {
        string text;
        try
        {
            text = _reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new CrunException(_what, "it holds text that is not UTF-8", e);
        }

        // The kernel would cut it there, and everything that was checked would be about another text.
        return text.Contains('\0') ? throw Refuse("it holds a NUL") : text;
    }

    private readonly CrunException Malformed(JsonException e) =>
        new(_what, $"it is not JSON (line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1})", e);
}
