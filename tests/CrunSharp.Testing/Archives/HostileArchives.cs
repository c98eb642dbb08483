using System.Text;

namespace CrunSharp.Testing;

/// <summary>Archives that try to leave the directory they are unpacked in; one corpus for every way in.</summary>
/// <remarks>Each aims at <c>file</c> in a directory "outside", or at what overlay would make of it. Whether it is refused or kept in is the unpacker's choice.</remarks>
public static class HostileArchives
{
    private static readonly Dictionary<string, Func<string, TarBuilder>> s_all = new()
    {
        ["file through an absolute link"] = static outside => new TarBuilder().Symlink("a", outside).File("a/file", "attack"),
        ["file through a climbing link"] = static outside => new TarBuilder().Symlink("a", Climbing(outside)).File("a/file", "attack"),
        ["file through two links"] = static outside => new TarBuilder().Symlink("a", "b").Symlink("b", outside).File("a/file", "attack"),
        ["file in place of a link"] = static outside => new TarBuilder().Symlink("a", $"{outside}/file").File("a", "attack"),
        ["file that goes up"] = static outside => new TarBuilder().File(Climbing(outside) + "/file", "attack"),
        ["file by its absolute path"] = static outside => new TarBuilder().File($"{outside}/file", "attack"),
        ["root that is a link"] = static outside => new TarBuilder().Symlink(".", outside).File("file", "attack"),
        ["root that is a link, by a slash"] = static outside => new TarBuilder().Symlink("/", outside).File("file", "attack"),
        ["hard link by an absolute path"] = static outside => new TarBuilder().HardLink("a", $"{outside}/file").File("a", "attack"),
        ["hard link that goes up"] = static outside => new TarBuilder().HardLink("a", Climbing(outside) + "/file").File("a", "attack"),
        ["hard link through a link"] = static outside => new TarBuilder().Symlink("s", outside).HardLink("a", "s/file").File("a", "attack"),
        ["hard link to a link"] = static outside => new TarBuilder().Symlink("s", $"{outside}/file").HardLink("a", "s").File("a", "attack"),
        ["directory made through a link"] = static outside => new TarBuilder().Symlink("a", outside).Directory("a/made"),
        ["directory in place of a link"] = static outside => new TarBuilder().Symlink("a", outside).Directory("a", mode: 0x1FF, time: 1),
        ["directory swapped for a link"] = static outside => new TarBuilder().Directory("d").File("d/one", "1").Symlink("d", outside).File("d/file", "attack"),
        ["owner and mode through a link"] = static outside => new TarBuilder().Symlink("a", $"{outside}/file").Entry('0', "a", [], mode: 0x9FF, owner: 1234, group: 1234),
        ["attribute through a link"] = static outside => new TarBuilder().Symlink("a", outside).Pax(("SCHILY.xattr.user.attack", "1")).Directory("a"),
        ["device through a link"] = static outside => new TarBuilder().Symlink("a", outside).Entry('3', "a/null", [], change: Device(1, 3)),
        ["magic link of /proc"] = static outside => new TarBuilder().Symlink("a", "/proc/self/root").File($"a{outside}/file", "attack"),
        ["whiteout through a link"] = static outside => new TarBuilder().Symlink("s", outside).File("s/.wh.file"),
        ["whiteout that hides all through a link"] = static outside => new TarBuilder().Symlink("s", outside).File("s/.wh..wh..opq"),
        ["whiteout of the directory above"] = static _ => new TarBuilder().Directory("a").File("a/.wh..."),
        ["size that readers disagree about"] = static outside =>
            new TarBuilder().Pax(("size", "1024")).Entry('0', "file", new TarBuilder().Symlink("a", outside).ToArray(ended: false), size: 0).File("a/file", "attack"),
        ["names that readers disagree about"] = static outside =>
            new TarBuilder().Entry('L', "l", Encoding.UTF8.GetBytes($"{outside}/file\0")).Pax(("path", "harmless")).File("f", "attack"),
        ["redirect of overlay"] = static outside =>
            new TarBuilder().Pax(("SCHILY.xattr.user.overlay.redirect", outside), ("SCHILY.xattr.trusted.overlay.redirect", outside)).Directory("bin"),
        ["opaque mark of overlay"] = static _ =>
            new TarBuilder().Pax(("SCHILY.xattr.user.overlay.opaque", "y"), ("SCHILY.xattr.trusted.overlay.opaque", "y")).Directory("bin"),
        ["whiteout of overlay"] = static _ => new TarBuilder().Entry('3', "bin", [], change: Device(0, 0)),
    };

    public static IReadOnlyCollection<string> Names => s_all.Keys;

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="outside">The directory of the host that it aims at.</param>
    public static byte[] Make(string name, string outside) => s_all[name](outside).ToArray();

    private static string Climbing(string outside) => string.Concat(Enumerable.Repeat("../", 20)) + outside.TrimStart('/');

    private static Action<byte[]> Device(int major, int minor) => header =>
    {
        TarBuilder.Octal(header, 329, 8, major);
        TarBuilder.Octal(header, 337, 8, minor);
    };
}
