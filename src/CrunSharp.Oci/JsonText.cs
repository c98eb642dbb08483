using System.Buffers.Text;
using System.Text;

namespace CrunSharp.Oci;

/// <summary>Writes JSON on the way of a launch: config.json, its seccomp section, a container's record.</summary>
/// <remarks>
/// The framework's writer prepares tables for escaping all of Unicode before its first word. Nothing is checked here:
/// objects and arrays close as they were opened, and a property's value follows its name.
/// </remarks>
/// <param name="indented">One member a line, a tab for each level.</param>
public sealed class JsonText(int capacity, bool indented = false)
{
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(capacity);
    private int _length;
    private int _depth;
    private bool _isFirst = true;
    private bool _isNamed = true;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public void WriteStartObject() => Open((byte)'{');

    public void WriteStartObject(ReadOnlySpan<byte> name)
    {
        WritePropertyName(name);
        Open((byte)'{');
    }

    public void WriteEndObject() => Close((byte)'}');

    public void WriteStartArray() => Open((byte)'[');

    public void WriteStartArray(ReadOnlySpan<byte> name)
    {
        WritePropertyName(name);
        Open((byte)'[');
    }

    public void WriteEndArray() => Close((byte)']');

    /// <param name="name">As it stands in the text: it has nothing to escape.</param>
    public void WritePropertyName(ReadOnlySpan<byte> name)
    {
        Separate();
        Append((byte)'"');
        Append(name);
        Append((byte)'"');
        Colon();
    }

    public void WritePropertyName(string name)
    {
        WriteStringValue(name);
        Colon();
    }

    public void WriteString(ReadOnlySpan<byte> name, ReadOnlySpan<char> value)
    {
        WritePropertyName(name);
        WriteStringValue(value);
    }

    public void WriteNumber(ReadOnlySpan<byte> name, long value)
    {
        WritePropertyName(name);
        WriteNumberValue(value);
    }

    public void WriteNumber(ReadOnlySpan<byte> name, ulong value)
    {
        WritePropertyName(name);
        Separate();
        _length += Formatted(Utf8Formatter.TryFormat(value, Room(20), out int written), written);
    }

    public void WriteBoolean(ReadOnlySpan<byte> name, bool value)
    {
        WritePropertyName(name);
        WriteRawValue(value ? "true"u8 : "false"u8);
    }

    public void WriteNumberValue(long value)
    {
        Separate();
        _length += Formatted(Utf8Formatter.TryFormat(value, Room(20), out int written), written);
    }

    public void WriteStringValue(ReadOnlySpan<char> value)
    {
        Separate();
        Append((byte)'"');
        int start = _length;
        _length += Encoding.UTF8.GetBytes(value, Room(Encoding.UTF8.GetMaxByteCount(value.Length)));
        if (_bytes.AsSpan(start, _length - start).IndexOfAnyInRange((byte)0, (byte)0x1f) >= 0
            || _bytes.AsSpan(start, _length - start).IndexOfAny((byte)'"', (byte)'\\') >= 0)
        {
            EscapeFrom(start);
        }

        Append((byte)'"');
    }

    /// <summary>What is JSON already.</summary>
    public void WriteRawValue(ReadOnlySpan<byte> json)
    {
        Separate();
        Append(json);
    }

    private void EscapeFrom(int start)
    {
        byte[] plain = _bytes[start.._length];
        _length = start;
        foreach (byte letter in plain)
        {
            if (letter is (byte)'"' or (byte)'\\')
            {
                Append((byte)'\\');
                Append(letter);
            }
            else if (letter < 0x20)
            {
                Append("\\u00"u8);
                Append(letter < 0x10 ? (byte)'0' : (byte)'1');
                Append("0123456789abcdef"u8[letter & 0xf]);
            }
            else
            {
                Append(letter);
            }
        }
    }

    private void Open(byte bracket)
    {
        Separate();
        Append(bracket);
        _depth++;
        _isFirst = true;
    }

    private void Close(byte bracket)
    {
        _depth--;
        if (!_isFirst)
        {
            BreakLine();
        }

        Append(bracket);
        _isFirst = false;
    }

    private void Colon()
    {
        Append((byte)':');
        if (indented)
        {
            Append((byte)' ');
        }

        _isNamed = true;
    }

    // Before each value that no name announced, and before each name.
    private void Separate()
    {
        if (!_isNamed)
        {
            if (!_isFirst)
            {
                Append((byte)',');
            }

            BreakLine();
        }

        _isNamed = false;
        _isFirst = false;
    }

    private void BreakLine()
    {
        if (indented)
        {
            Append((byte)'\n');
            Room(_depth)[.._depth].Fill((byte)'\t');
            _length += _depth;
        }
    }

    private static int Formatted(bool fits, int length) => fits ? length : throw new FormatException("a number needs more than twenty digits");

    private void Append(byte letter)
    {
        Room(1)[0] = letter;
        _length++;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _length += bytes.Length;
    }

    private Span<byte> Room(int size)
    {
        if (_length + size > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + size));
        }

        return _bytes.AsSpan(_length);
    }
}
