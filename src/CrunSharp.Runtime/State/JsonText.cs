using System.Buffers.Text;
using System.Text;

namespace CrunSharp.Runtime;

/// <summary>Writes small JSON objects. The framework's writer prepares tables for escaping all of Unicode first, which takes longer than a launch has.</summary>
internal ref struct JsonText(int capacity)
{
    private byte[] _bytes = new byte[capacity];
    private int _length;
    private bool _first = true;

    public readonly ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public void Open(byte bracket)
    {
        Separate();
        Append(bracket);
        _first = true;
    }

    public void Close(byte bracket)
    {
        Append(bracket);
        _first = false;
    }

    public void Name(scoped ReadOnlySpan<byte> name)
    {
        Separate();
        Append((byte)'"');
        Append(name);
        Append("\":"u8);
        _first = true;
    }

    public void Name(string name)
    {
        Value(name);
        Append((byte)':');
        _first = true;
    }

    public void Value(string text)
    {
        Separate();
        Append((byte)'"');
        int size = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> utf8 = size <= 512 ? stackalloc byte[512] : new byte[size];
        foreach (byte letter in utf8[..Encoding.UTF8.GetBytes(text, utf8)])
        {
            AppendLetter(letter);
        }

        Append((byte)'"');
    }

    public void Value(ulong number)
    {
        Separate();
        Span<byte> digits = stackalloc byte[20];
        _ = Utf8Formatter.TryFormat(number, digits, out int length);
        Append(digits[..length]);
    }

    /// <summary>What is JSON already.</summary>
    public void Raw(scoped ReadOnlySpan<byte> json)
    {
        Separate();
        Append(json);
    }

    private void AppendLetter(byte letter)
    {
        if (letter is (byte)'"' or (byte)'\\')
        {
            Append((byte)'\\');
            Append(letter);
        }
        else if (letter < 0x20)
        {
            Append("\\u00"u8);
            Append((byte)(letter < 0x10 ? '0' : '1'));
            Append("0123456789abcdef"u8[letter & 0xf]);
        }
        else
        {
            Append(letter);
        }
    }

    private void Separate()
    {
        if (!_first)
        {
            Append((byte)',');
        }

        _first = false;
    }

    private void Append(byte letter)
    {
        if (_length == _bytes.Length)
        {
            Array.Resize(ref _bytes, _bytes.Length * 2);
        }

        _bytes[_length++] = letter;
    }

    private void Append(scoped ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes.Length));
        }

        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}
