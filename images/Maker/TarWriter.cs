using System.Globalization;
using System.Text;

namespace CrunSharp.ImageMaker;

/// <summary>Writes tar as GNU tar and the PAX standard do: ustar where it fits, extended headers where it does not.</summary>
public sealed class TarWriter(Stream stream)
{
    private const int Block = 512;

    public void Write(TarItem item)
    {
        List<byte[]> extended = [];
        if (item.Name.Length > 100)
        {
            extended.Add(Record("path", item.Name));
        }

        if (item.Target.Length > 100)
        {
            extended.Add(Record("linkpath", item.Target));
        }

        if (item.Time.AsSpan().ContainsAny('.', '-'))
        {
            extended.Add(Record("mtime", Encoding.ASCII.GetBytes(item.Time)));
        }

        extended.AddRange(item.Attributes.Select(attribute => Record($"SCHILY.xattr.{attribute.Key}", attribute.Value)));
        byte[] content = item.Content;
        if (item.Sparse is { Format: not SparseFormat.OldGnu } sparse)
        {
            extended.AddRange(SparseRecords(item, sparse));
            content = sparse.Format == SparseFormat.Pax10 ? [.. SparseMap(sparse), .. content] : content;
        }

        if (extended.Count > 0)
        {
            byte[] body = [.. extended.SelectMany(record => record)];
            stream.Write(Header(new TarItem { Name = TarItem.Bytes("PaxHeaders/x"), Type = 'x' }, body.Length));
            WritePadded(body);
        }

        stream.Write(Header(item, content.Length));
        if (item.Sparse is { Format: SparseFormat.OldGnu } old)
        {
            WriteOldSparseRest(old);
        }

        WritePadded(content);
    }

    /// <summary>Two empty blocks: the end of the archive.</summary>
    public void Finish() => stream.Write(new byte[2 * Block]);

    private static byte[] Header(TarItem item, long size)
    {
        byte[] header = new byte[Block];
        bool oldSparse = item.Sparse is { Format: SparseFormat.OldGnu };
        byte[] name = item.Sparse is { Format: SparseFormat.Pax10 or SparseFormat.Pax01 } ? [.. "GNUSparseFile.0/"u8, .. item.Name] : item.Name;
        name.AsSpan(0, Math.Min(name.Length, 100)).CopyTo(header);
        Octal(header, 100, 8, item.Mode);
        if (item.BinaryNumbers)
        {
            Binary(header, 108, item.Uid);
            Binary(header, 116, item.Gid);
        }
        else
        {
            Octal(header, 108, 8, item.Uid);
            Octal(header, 116, 8, item.Gid);
        }

        Octal(header, 124, 12, size);
        string seconds = item.Time.Split('.')[0];
        Octal(header, 136, 12, Math.Max(0, long.Parse(seconds, CultureInfo.InvariantCulture)));
        header[156] = (byte)(oldSparse ? 'S' : item.Type);
        item.Target.AsSpan(0, Math.Min(item.Target.Length, 100)).CopyTo(header.AsSpan(157));
        (oldSparse ? "ustar  \0"u8 : "ustar\000"u8).CopyTo(header.AsSpan(257));
        if (item.Type is '3' or '4')
        {
            Octal(header, 329, 8, item.Major);
            Octal(header, 337, 8, item.Minor);
        }

        if (oldSparse)
        {
            WriteExtents(header.AsSpan(386), item.Sparse!.Extents.Take(4));
            header[482] = (byte)(item.Sparse.Extents.Count > 4 ? 1 : 0);
            Octal(header, 483, 12, item.Sparse.Size);
        }

        header.AsSpan(148, 8).Fill((byte)' ');
        int sum = header.Sum(octet => octet);
        Encoding.ASCII.GetBytes($"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0 ").CopyTo(header, 148);
        return header;
    }

    private static IEnumerable<byte[]> SparseRecords(TarItem item, Sparse sparse)
    {
        if (sparse.Format == SparseFormat.Pax10)
        {
            yield return Record("GNU.sparse.major", "1"u8);
            yield return Record("GNU.sparse.minor", "0"u8);
            yield return Record("GNU.sparse.name", item.Name);
            yield return Record("GNU.sparse.realsize", Number(sparse.Size));
            yield break;
        }

        yield return Record("GNU.sparse.size", Number(sparse.Size));
        yield return Record("GNU.sparse.numblocks", Number(sparse.Extents.Count));
        yield return Record("GNU.sparse.name", item.Name);
        string map = string.Join(',', sparse.Extents.Select(extent => $"{extent.Offset},{extent.Length}"));
        yield return Record("GNU.sparse.map", Encoding.ASCII.GetBytes(map));
    }

    private static byte[] SparseMap(Sparse sparse)
    {
        StringBuilder map = new($"{sparse.Extents.Count}\n");
        foreach ((long offset, long length) in sparse.Extents)
        {
            map.Append(CultureInfo.InvariantCulture, $"{offset}\n{length}\n");
        }

        byte[] padded = new byte[(map.Length + Block - 1) / Block * Block];
        Encoding.ASCII.GetBytes(map.ToString()).CopyTo(padded, 0);
        return padded;
    }

    private void WriteOldSparseRest(Sparse sparse)
    {
        (long, long)[] rest = [.. sparse.Extents.Skip(4)];
        for (int start = 0; start < rest.Length; start += 21)
        {
            byte[] block = new byte[Block];
            WriteExtents(block, rest.Skip(start).Take(21));
            block[504] = (byte)(start + 21 < rest.Length ? 1 : 0);
            stream.Write(block);
        }
    }

    private static void WriteExtents(Span<byte> target, IEnumerable<(long Offset, long Length)> extents)
    {
        int position = 0;
        foreach ((long offset, long length) in extents)
        {
            Octal(target, position, 12, offset);
            Octal(target, position + 12, 12, length);
            position += 24;
        }
    }

    // A record counts its own length, whose digits count too.
    private static byte[] Record(string key, ReadOnlySpan<byte> value)
    {
        int rest = key.Length + value.Length + 3;
        int length = rest + 1;
        while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
        {
            length = rest + length.ToString(CultureInfo.InvariantCulture).Length;
        }

        return [.. Encoding.UTF8.GetBytes($"{length} {key}="), .. value, (byte)'\n'];
    }

    private static byte[] Number(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    private static void Octal(Span<byte> header, int offset, int width, long value) =>
        Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(width - 1, '0')).CopyTo(header[offset..]);

    private static void Binary(byte[] header, int offset, int value)
    {
        header[offset] = 0x80;
        for (int index = 0; index < 4; index++)
        {
            header[offset + 7 - index] = (byte)(value >> (8 * index));
        }
    }

    private void WritePadded(byte[] content)
    {
        stream.Write(content);
        stream.Write(new byte[(Block - (content.Length % Block)) % Block]);
    }
}
