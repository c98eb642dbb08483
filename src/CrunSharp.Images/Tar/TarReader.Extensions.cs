using System.Buffers.Text;
using CrunSharp.Linux;

namespace CrunSharp.Images.Tar;

// What stands before an entry and says more about it: GNU's long names, PAX records.
internal sealed partial class TarReader
{
    private readonly List<(byte[] Name, byte[] Value)> _globalXattrs = [];
    private byte[]? _longName;
    private byte[]? _longLink;
    private byte[]? _paxPath;
    private byte[]? _paxLinkPath;
    private long? _paxSize;
    private long? _paxOwner;
    private long? _paxGroup;
    private FileTime? _paxModified;
    private long? _globalOwner;
    private long? _globalGroup;
    private FileTime? _globalModified;
    private bool _hasPax;

    private bool HasExtensions => _longName is not null || _longLink is not null || _hasPax;

    private void ForgetExtensions()
    {
        (_longName, _longLink, _paxPath, _paxLinkPath, _paxSize, _hasPax) = (null, null, null, null, null, false);
        (_paxOwner, _paxGroup, _paxModified) = (_globalOwner, _globalGroup, _globalModified);
        _sparse.Clear();
        Entry.Xattrs.Clear();
        Entry.Xattrs.AddRange(_globalXattrs);
    }

    private bool ReadExtension(byte type, long size)
    {
        switch (type)
        {
            case (byte)'x' or (byte)'X':
                _hasPax = _hasPax ? throw new InvalidDataException("an entry has two extended headers") : true;
                ReadRecords(ReadBody(size), isGlobal: false);
                return true;
            case (byte)'g':
                ReadRecords(ReadBody(size), isGlobal: true);
                return true;
            case (byte)'L':
                _longName = _longName is null ? UntilNul(ReadBody(size)) : throw new InvalidDataException("an entry has two long names");
                return true;
            case (byte)'K':
                _longLink = _longLink is null ? UntilNul(ReadBody(size)) : throw new InvalidDataException("an entry has two long link targets");
                return true;

            // A volume's label, Solaris' access control lists: about no file that we could make.
            case (byte)'V' or (byte)'A':
                ReadBody(size);
                return true;
            default:
                return false;
        }
    }

    private byte[] ReadBody(long size)
    {
        if (size > limits.HeaderSize)
        {
            throw new InvalidDataException($"an extended header has {size} bytes; at most {limits.HeaderSize} are accepted");
        }

        byte[] body = new byte[size];
        input.ReadExactly(body);
        input.Skip(-size & (BlockSize - 1));
        return body;
    }

    private void ReadRecords(ReadOnlySpan<byte> rest, bool isGlobal)
    {
        while (!rest.IsEmpty)
        {
            // "LENGTH KEY=VALUE\n", where LENGTH counts all of it. A value may hold anything, line ends and NUL too.
            int space = rest.IndexOf((byte)' ');
            if (space is < 1 or > 10 || !TarNumber.TryParseDecimal(rest[..space], out long length) || length <= space + 1 || length > rest.Length)
            {
                throw MalformedRecord();
            }

            ReadOnlySpan<byte> record = rest[(space + 1)..(int)length];
            int equals = record.IndexOf((byte)'=');
            if (equals < 1 || record[^1] != '\n' || record[..equals].Contains((byte)0))
            {
                throw MalformedRecord();
            }

            Apply(record[..equals], record[(equals + 1)..^1], isGlobal);
            rest = rest[(int)length..];
        }
    }

    private void Apply(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isGlobal)
    {
        if (key.StartsWith("SCHILY.xattr."u8))
        {
            SetXattr(isGlobal, key[13..].ToArray(), value.ToArray());
        }
        else if (key.StartsWith("LIBARCHIVE.xattr."u8))
        {
            SetXattr(isGlobal, Unescape(key[17..]), FromBase64(value));
        }
        else if (key.SequenceEqual("uid"u8))
        {
            Set(ref _globalOwner, ref _paxOwner, isGlobal, value.IsEmpty ? null : TarNumber.ParseDecimal(value, "owner"));
        }
        else if (key.SequenceEqual("gid"u8))
        {
            Set(ref _globalGroup, ref _paxGroup, isGlobal, value.IsEmpty ? null : TarNumber.ParseDecimal(value, "group"));
        }
        else if (key.SequenceEqual("mtime"u8))
        {
            Set(ref _globalModified, ref _paxModified, isGlobal, value.IsEmpty ? null : TarNumber.ParseTime(value, "time"));
        }
        else if (!isGlobal)
        {
            ApplyLocal(key, value);
        }
        else if (key.SequenceEqual("path"u8) || key.SequenceEqual("linkpath"u8) || key.SequenceEqual("size"u8) || key.StartsWith("GNU.sparse."u8))
        {
            throw new InvalidDataException($"a global header gives one '{FileSystem.Show(key)}' to all entries");
        }
    }

    private void ApplyLocal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("path"u8))
        {
            _paxPath = value.IsEmpty ? null : value.ToArray();
        }
        else if (key.SequenceEqual("linkpath"u8))
        {
            _paxLinkPath = value.IsEmpty ? null : value.ToArray();
        }
        else if (key.SequenceEqual("size"u8))
        {
            _paxSize = value.IsEmpty ? null : TarNumber.ParseDecimal(value, "size");
        }
        else if (key.StartsWith("GNU.sparse."u8))
        {
            _sparse.Apply(key[11..], value);
        }
    }

    private void SetXattr(bool isGlobal, byte[] name, byte[] value)
    {
        List<(byte[] Name, byte[] Value)> xattrs = isGlobal ? _globalXattrs : Entry.Xattrs;
        int before = xattrs.FindIndex(xattr => xattr.Name.AsSpan().SequenceEqual(name));
        if (before >= 0)
        {
            xattrs.RemoveAt(before);
        }

        xattrs.Add((name, value));
    }

    private static void Set<T>(ref T? global, ref T? local, bool isGlobal, T? value)
        where T : struct
    {
        local = value;
        global = isGlobal ? value : global;
    }

    private static byte[] Unescape(ReadOnlySpan<byte> name)
    {
        // libarchive writes names as in URLs.
        List<byte> plain = new(name.Length);
        for (int index = 0; index < name.Length; index++)
        {
            if (name[index] != '%')
            {
                plain.Add(name[index]);
                continue;
            }

            if (index + 2 >= name.Length || !Utf8Parser.TryParse(name.Slice(index + 1, 2), out byte value, out int consumed, 'x') || consumed != 2)
            {
                throw new InvalidDataException($"the attribute name '{FileSystem.Show(name)}' is malformed");
            }

            plain.Add(value);
            index += 2;
        }

        return [.. plain];
    }

    private static byte[] FromBase64(ReadOnlySpan<byte> text)
    {
        // libarchive leaves the padding out.
        byte[] padded = new byte[(text.Length + 3) & ~3];
        padded.AsSpan().Fill((byte)'=');
        text.CopyTo(padded);
        byte[] plain = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        return Base64.DecodeFromUtf8(padded, plain, out _, out int written) == System.Buffers.OperationStatus.Done
            ? plain[..written]
            : throw new InvalidDataException("the value of an extended attribute is no base64");
    }

    private static byte[] UntilNul(byte[] body)
    {
        int end = Array.IndexOf(body, (byte)0);
        return end < 0 ? body : body[..end];
    }

    private static InvalidDataException MalformedRecord() => new("an extended header is malformed");
}
