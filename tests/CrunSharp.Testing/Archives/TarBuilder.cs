using System.Globalization;
using System.Text;

namespace CrunSharp.Testing;

/// <summary>Writes archives by hand, the malformed and hostile ones that no library would write.</summary>
public sealed class TarBuilder
{
    private readonly List<byte> _bytes = [];

    public TarBuilder File(string path, string content = "", int mode = 0x1A4, long owner = 0, long group = 0) =>
        Entry('0', path, Encoding.UTF8.GetBytes(content), mode: mode, owner: owner, group: group);

    public TarBuilder Directory(string path, int mode = 0x1ED, long time = 1_000_000_000) => Entry('5', path, [], mode: mode, time: time);

    public TarBuilder Symlink(string path, string target) => Entry('2', path, [], target);

    public TarBuilder HardLink(string path, string target) => Entry('1', path, [], target);

    public TarBuilder Pax(params (string Key, string Value)[] records) =>
        PaxBytes([.. records.Select(static record => (record.Key, Encoding.UTF8.GetBytes(record.Value)))]);

    public TarBuilder PaxBytes(params (string Key, byte[] Value)[] records) => Entry('x', "pax", Records(records));

    public TarBuilder Global(params (string Key, string Value)[] records) =>
        Entry('g', "pax", Records([.. records.Select(static record => (record.Key, Encoding.UTF8.GetBytes(record.Value)))]));

    public TarBuilder Entry(
        char type,
        string path,
        byte[] body,
        string link = "",
        int mode = 0x1A4,
        long owner = 0,
        long group = 0,
        long time = 1_000_000_000,
        long? size = null,
        bool gnu = false,
        Action<byte[]>? change = null) =>
        Entry(type, Encoding.UTF8.GetBytes(path), body, Encoding.UTF8.GetBytes(link), mode, owner, group, time, size, gnu, change);

    public TarBuilder Entry(
        char type,
        byte[] path,
        byte[] body,
        byte[] link,
        int mode = 0x1A4,
        long owner = 0,
        long group = 0,
        long time = 1_000_000_000,
        long? size = null,
        bool gnu = false,
        Action<byte[]>? change = null)
    {
        byte[] header = new byte[512];
        path.AsSpan(0, Math.Min(path.Length, 100)).CopyTo(header);
        Octal(header, 100, 8, mode);
        Octal(header, 108, 8, owner);
        Octal(header, 116, 8, group);
        Octal(header, 124, 12, size ?? body.Length);
        Octal(header, 136, 12, time);
        header[156] = (byte)type;
        link.AsSpan(0, Math.Min(link.Length, 100)).CopyTo(header.AsSpan(157));
        (gnu ? "ustar  \0"u8 : "ustar\00000"u8[..8]).CopyTo(header.AsSpan(257));
        change?.Invoke(header);
        SetChecksum(header);
        _bytes.AddRange(header);
        return Raw(body);
    }

    /// <summary>Bytes, filled up to a block.</summary>
    public TarBuilder Raw(byte[] body)
    {
        _bytes.AddRange(body);
        _bytes.AddRange(new byte[-body.Length & 511]);
        return this;
    }

    public byte[] ToArray(bool ended = true) => [.. _bytes, .. new byte[ended ? 1024 : 0]];

    public static void SetChecksum(byte[] header)
    {
        "        "u8.CopyTo(header.AsSpan(148));
        int sum = 0;
        foreach (byte value in header)
        {
            sum += value;
        }

        Octal(header, 148, 8, sum);
    }

    public static void Octal(byte[] header, int start, int length, long value) =>
        Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(length - 1, '0')).CopyTo(header, start);

    private static byte[] Records((string Key, byte[] Value)[] records)
    {
        using MemoryStream all = new();
        foreach ((string key, byte[] value) in records)
        {
            int rest = Encoding.UTF8.GetByteCount(key) + value.Length + 3;
            int length = rest + rest.ToString(CultureInfo.InvariantCulture).Length;
            length = rest + length.ToString(CultureInfo.InvariantCulture).Length;
            all.Write(Encoding.UTF8.GetBytes($"{length} {key}="));
            all.Write(value);
            all.WriteByte((byte)'\n');
        }

        return all.ToArray();
    }
}
