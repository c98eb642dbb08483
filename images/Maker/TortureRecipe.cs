using System.Text;

namespace CrunSharp.ImageMaker;

/// <summary>An image of everything that unpackers get wrong. It is well-formed: each entry has one right outcome.</summary>
public static class TortureRecipe
{
    private static readonly byte[] s_highBytes = [0x00, 0x01, 0x7f, 0x80, 0xc3, 0xff, 0x00];

    // struct vfs_cap_data, revision 2, effective, CAP_NET_RAW permitted: what `setcap cap_net_raw+ep` writes.
    private static readonly byte[] s_netRaw = [0x01, 0x00, 0x00, 0x02, 0x00, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public static void Write(Layout layout)
    {
        layout.AddLayer(Base());
        layout.AddLayer(Changes());
        layout.AddLayer(Again());
        layout.Finish(["/bin/sh"]);
    }

    private static Layer Base()
    {
        Layer layer = new();
        layer.Directory("bin").File("bin/busybox", File.ReadAllBytes("/bin/busybox"), "755").Symlink("bin/sh", "busybox").Symlink("bin/cat", "busybox");
        layer.Directory("etc").File("etc/passwd", "root:x:0:0::/root:/bin/sh\n").File("etc/removed", "gone in layer 2\n").File("etc/came-back", "layer 1\n");
        AddModesAndOwners(layer);
        AddLinksAndDevices(layer);
        AddNames(layer);
        AddAttributesAndTimes(layer);
        AddSparse(layer, SparseFormat.Pax01, SparseFormat.Pax10);

        // Directories that no entry lists: 0755, root, however the umask is.
        layer.File("implied/two/three/file", "implied\n");

        // What layer 2 takes away, replaces or adds to.
        layer.Directory("tree").Directory("tree/sub").File("tree/sub/file", "x").File("tree/file", "y");
        layer.Directory("opaque", "750", 1000, 1000).File("opaque/old", "old").Directory("opaque/olddir").File("opaque/olddir/old", "old");
        layer.Directory("beside").Directory("beside/x", "711").File("beside/x/old", "old").File("beside/kept", "kept");
        layer.Directory("becomes-file").File("becomes-file/x", "x").File("becomes-directory", "x");
        layer.Symlink("link-becomes-directory", "tree").Directory("directory-becomes-link").File("directory-becomes-link/x", "x");
        layer.Directory("owned", "2710", 1000, 1001).File("owned/first", "first", "640", 1000, 1001);
        layer.Directory("mode-changes", "755").File("mode-changes/kept", "kept");
        return layer;
    }

    private static void AddModesAndOwners(Layer layer)
    {
        layer.Directory("modes").File("modes/setuid", "x", "4755").File("modes/setgid", "x", "2755").File("modes/none", "x", "0");
        layer.File("modes/setuid-of-another", "x", "6711", 1000, 1000).Directory("modes/sticky", "1777").Directory("modes/closed", "0");
        layer.Directory("owners").File("owners/daemon", "x", "644", 1, 1).File("owners/last", "x", "600", 65534, 65534);
        layer.Add(new TarItem { Name = TarItem.Bytes("owners/binary"), Uid = 1234, Gid = 4321, BinaryNumbers = true, Content = [1] });
        layer.Directory("owners/directory", "770", 33, 33);
        layer.Add(new TarItem { Name = TarItem.Bytes("owners/link"), Type = '2', Mode = Layer.Octal("777"), Uid = 1000, Gid = 1000, Target = TarItem.Bytes("last") });
    }

    private static void AddLinksAndDevices(Layer layer)
    {
        layer.Directory("links").File("links/one", "shared by three\n", "640", 1000, 1000).HardLink("links/two", "links/one").HardLink("links/three", "./links/one");
        layer.Symlink("links/dangling", "/nowhere/at/all").Symlink("links/up", "../../../../../etc/passwd").Symlink("links/directory", "/tree");
        layer.Add(new TarItem { Name = TarItem.Bytes("links/to-link"), Type = '1', Target = TarItem.Bytes("links/dangling") });
        layer.Directory("devices").Device("devices/null", '3', 1, 3, "666").Device("devices/loop", '4', 7, 0, "660").Device("devices/far", '3', 259, 70000);
        layer.Add(new TarItem { Name = TarItem.Bytes("devices/fifo"), Type = '6', Mode = Layer.Octal("622"), Uid = 1000 });
    }

    private static void AddNames(Layer layer)
    {
        layer.Directory("names").File("names/with space", "x").File("names/new\nline", "x").File("names/back\\slash", "x").File("names/ünï", "x");
        layer.Add(new TarItem { Name = [.. "names/latin1-"u8, 0xe9, 0xff], Content = [2] });
        layer.Add(new TarItem { Name = [.. "names/link-"u8, 0xe9], Type = '2', Mode = Layer.Octal("777"), Target = [.. "latin1-"u8, 0xe9, 0xff] });
        layer.File($"names/{new string('n', 255)}", "255 bytes, the longest name there is\n");
        StringBuilder deep = new("names/deep");
        layer.Directory(deep.ToString());
        for (int level = 0; level < 12; level++)
        {
            deep.Append('/').Append((char)('a' + level), 100);
            layer.Directory(deep.ToString());
        }

        layer.File($"{deep}/bottom", "far down\n").Symlink("names/long-target", $"/{deep}/bottom").HardLink("names/long-link", $"{deep}/bottom");
        layer.File("./names/dot-slash", "x").File("/names/absolute", "x").File("names//double", "x");
        layer.File("names/.wh", "no whiteout: nothing follows\n").File("names/..data", "no parent\n").File("names/empty", "");
    }

    private static void AddAttributesAndTimes(Layer layer)
    {
        layer.Directory("xattrs");
        Attribute(layer, "xattrs/text", "user.text", "plain"u8.ToArray());
        Attribute(layer, "xattrs/high", "user.high", s_highBytes);
        Attribute(layer, "xattrs/empty", "user.empty", []);
        Attribute(layer, "xattrs/capable", "security.capability", s_netRaw);
        layer.Add(new TarItem { Name = TarItem.Bytes("xattrs/directory/"), Type = '5', Mode = Layer.Octal("755"), Attributes = [new("user.directory", s_highBytes)] });
        layer.Directory("times");
        foreach (string time in (string[])["0", "1", "1234567890.123456789", "1234567890.5", "2147483648", "4102444800.000000001"])
        {
            layer.Add(new TarItem { Name = TarItem.Bytes($"times/{time}"), Time = time });
        }

        layer.Add(new TarItem { Name = TarItem.Bytes("times/directory/"), Type = '5', Mode = Layer.Octal("755"), Time = "1000000000.25" });
        layer.File("times/directory/child", "written after its directory's time was set\n");
        layer.Add(new TarItem { Name = TarItem.Bytes("times/link"), Type = '2', Mode = Layer.Octal("777"), Time = "1000000001", Target = TarItem.Bytes("0") });
    }

    private static void Attribute(Layer layer, string name, string key, byte[] value) =>
        layer.Add(new TarItem { Name = TarItem.Bytes(name), Mode = Layer.Octal("755"), Content = [3], Attributes = [new(key, value)] });

    /// <summary>Hard links to files of a layer below, which podman refuses.</summary>
    public static void WriteLowerLinks(Layout layout)
    {
        Layer lower = new Layer().Directory("bin").File("bin/busybox", File.ReadAllBytes("/bin/busybox"), "755").Symlink("bin/sh", "busybox");
        lower.Directory("a", "2750", 1000, 1000).File("a/one", "shared\n", "4711", 1000, 1001).HardLink("a/two", "a/one").Symlink("a/link", "one");
        Attribute(lower, "a/capable", "security.capability", s_netRaw);
        layout.AddLayer(lower);
        Layer upper = new Layer().HardLink("a/three", "a/one").Directory("b").HardLink("b/four", "a/two").HardLink("b/capable", "a/capable");
        upper.Add(new TarItem { Name = TarItem.Bytes("b/link"), Type = '1', Target = TarItem.Bytes("a/link") });
        layout.AddLayer(upper.HardLink("bin/again", "bin/busybox"));
        layout.AddLayer(new Layer().Whiteout("a/one").HardLink("b/five", "b/four"));
        layout.Finish(["/bin/sh"]);
    }

    /// <summary>GNU tar's older sparse files, which Debian's umoci does not read, apart from the rest.</summary>
    public static void WriteOldSparse(Layout layout)
    {
        Layer layer = new Layer().Directory("bin").File("bin/busybox", File.ReadAllBytes("/bin/busybox"), "755").Symlink("bin/sh", "busybox");
        AddSparse(layer, SparseFormat.OldGnu);
        layout.AddLayer(layer);
        layout.Finish(["/bin/sh"]);
    }

    private static void AddSparse(Layer layer, params ReadOnlySpan<SparseFormat> formats)
    {
        layer.Directory("sparse");
        foreach (SparseFormat format in formats)
        {
            // Thirty extents: more than the old header holds, and more than its first continuation.
            List<(long, long)> extents = [];
            List<byte> data = [];
            for (int number = 0; number < 30; number++)
            {
                extents.Add((number * 65536L, 4096));
                data.AddRange(Enumerable.Repeat((byte)('a' + (number % 26)), 4096));
            }

            extents.Add((3000000, 0));
            layer.Add(new TarItem { Name = TarItem.Bytes($"sparse/{format}"), Content = [.. data], Sparse = new Sparse(format, 3000000, extents) });
        }

        byte[] large = new byte[48 << 20];
        for (int position = 0; position < large.Length; position += 4096)
        {
            large[position] = (byte)(position >> 12);
        }

        layer.File("sparse/large", large);
    }

    private static Layer Changes()
    {
        Layer layer = new();
        layer.Whiteout("etc/removed").Whiteout("etc/came-back").Whiteout("tree").Whiteout("never-was-there");
        layer.Opaque("opaque").File("opaque/new", "new");

        // The mark stands beside the directory that this same layer brings: lower ones' contents go, its own stay.
        layer.Whiteout("beside/x").Directory("beside/x", "755").File("beside/x/new", "new");
        layer.Whiteout("becomes-file").File("becomes-file", "now a file\n").Directory("becomes-directory").File("becomes-directory/x", "x");
        layer.Directory("link-becomes-directory").File("link-becomes-directory/x", "x").Whiteout("directory-becomes-link").Symlink("directory-becomes-link", "etc");

        // Not listed here: keeps the owner and mode that layer 1 gave it.
        layer.File("owned/second", "second", "640", 1000, 1001);
        layer.Directory("mode-changes", "700", 33, 33);
        layer.File("links/two", "a file of its own now\n");
        return layer;
    }

    private static Layer Again()
    {
        Layer layer = new();
        layer.File("etc/came-back", "layer 3\n").Directory("tree", "711", 1).File("tree/new", "new");
        layer.File("opaque/newer", "newer").Whiteout("opaque/new");
        layer.Whiteout("becomes-directory/x").File("becomes-directory/y", "y");
        layer.Whiteout("links/three").File("implied/two/another", "x");
        layer.Add(new TarItem { Name = TarItem.Bytes("xattrs/text"), Mode = Layer.Octal("755"), Content = [4] });
        return layer;
    }
}
