using CrunSharp.Linux;

namespace CrunSharp.Images.Unpack;

/// <summary>A path out of an archive, cleaned: no leading, double or final slashes, no <c>.</c>, and never <c>..</c>.</summary>
internal sealed class EntryPath
{
    private byte[] _bytes = new byte[FileSystem.PathMax];
    private int _length;
    private int _nameStart;

    public ReadOnlySpan<byte> Whole => _bytes.AsSpan(0, _length);

    /// <summary>Empty for what lies in the root.</summary>
    public ReadOnlySpan<byte> Parent => _bytes.AsSpan(0, Math.Max(_nameStart - 1, 0));

    public ReadOnlySpan<byte> Name => _bytes.AsSpan(_nameStart, _length - _nameStart);

    public bool IsRoot => _length == 0;

    /// <exception cref="InvalidDataException">It goes up, or has a name that no file system takes.</exception>
    public void Set(ReadOnlySpan<byte> raw)
    {
        if (_bytes.Length < raw.Length)
        {
            _bytes = new byte[raw.Length];
        }

        (_length, _nameStart) = (0, 0);
        while (!raw.IsEmpty)
        {
            int slash = raw.IndexOf((byte)'/');
            ReadOnlySpan<byte> name = slash < 0 ? raw : raw[..slash];
            raw = slash < 0 ? default : raw[(slash + 1)..];
            if (name.IsEmpty || name.SequenceEqual("."u8))
            {
                continue;
            }

            if (name.SequenceEqual(".."u8))
            {
                throw new InvalidDataException("its path goes up with '..'");
            }

            if (name.Length > FileSystem.NameMax)
            {
                throw new InvalidDataException($"its path has a name of {name.Length} bytes; no file system takes more than {FileSystem.NameMax}");
            }

            if (_length > 0)
            {
                _bytes[_length++] = (byte)'/';
            }

            _nameStart = _length;
            name.CopyTo(_bytes.AsSpan(_length));
            _length += name.Length;
        }
    }
}
