namespace CrunSharp.ImageMaker;

/// <summary>What one layer holds, in the order in which it is written. Modes are octal digits, as people write them.</summary>
public sealed class Layer
{
    private readonly List<TarItem> _items = [];

    public IReadOnlyList<TarItem> Items => _items;

    public Layer Add(TarItem item)
    {
        _items.Add(item);
        return this;
    }

    public Layer Directory(string name, string mode = "755", int uid = 0, int gid = 0) =>
        Add(new TarItem { Name = TarItem.Bytes(name.TrimEnd('/') + "/"), Type = '5', Mode = Octal(mode), Uid = uid, Gid = gid });

    public Layer File(string name, string content, string mode = "644", int uid = 0, int gid = 0) =>
        Add(new TarItem { Name = TarItem.Bytes(name), Content = TarItem.Bytes(content), Mode = Octal(mode), Uid = uid, Gid = gid });

    public Layer File(string name, byte[] content, string mode = "644") =>
        Add(new TarItem { Name = TarItem.Bytes(name), Content = content, Mode = Octal(mode) });

    public Layer Symlink(string name, string target) =>
        Add(new TarItem { Name = TarItem.Bytes(name), Type = '2', Mode = Octal("777"), Target = TarItem.Bytes(target) });

    /// <summary>Another name for a file. Its header repeats the file's metadata, as tar's do, where this layer has the file.</summary>
    public Layer HardLink(string name, string target)
    {
        TarItem? file = _items.FirstOrDefault(item => item.Name.AsSpan().SequenceEqual(TarItem.Bytes(target.StartsWith("./", StringComparison.Ordinal) ? target[2..] : target)));
        TarItem link = new() { Name = TarItem.Bytes(name), Type = '1', Target = TarItem.Bytes(target) };
        return Add(file is null ? link : link with { Mode = file.Mode, Uid = file.Uid, Gid = file.Gid, Time = file.Time });
    }

    public Layer Device(string name, char type, int major, int minor, string mode = "600") =>
        Add(new TarItem { Name = TarItem.Bytes(name), Type = type, Major = major, Minor = minor, Mode = Octal(mode) });

    /// <summary>Takes away what lower layers have under this name.</summary>
    public Layer Whiteout(string name)
    {
        int slash = name.LastIndexOf('/') + 1;
        return File($"{name[..slash]}.wh.{name[slash..]}", "");
    }

    /// <summary>Takes away all that lower layers have beneath this directory.</summary>
    public Layer Opaque(string directory) => File($"{directory}/.wh..wh..opq", "");

    public static int Octal(string digits) => Convert.ToInt32(digits, 8);
}
