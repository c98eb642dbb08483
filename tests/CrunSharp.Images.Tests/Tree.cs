using CrunSharp.Linux;
using CrunSharp.Oci;
using CrunSharp.Testing;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace CrunSharp.Images.Tests;

/// <summary>A directory to unpack into, beside a file and a directory of the "host" that must stay as they are.</summary>
internal sealed class Tree : IDisposable
{
    private const string Secret = "the host's own";

    private readonly TemporaryDirectory _temporary = new();
    private readonly FileStatus _before;

    public Tree()
    {
        Root = _temporary.Make("root");
        Outside = _temporary.Make("outside");
        _temporary.Write("outside/file", Secret);
        File.SetUnixFileMode(Path.Combine(Outside, "file"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _before = Status(Path.Combine(Outside, "file"));
    }

    public string Root { get; }

    public string Outside { get; }

    public string this[string path] => Path.Combine(Root, path);

    public UnpackReport Unpack(TarBuilder archive, bool whiteouts = true, UnpackLimits? limits = null) =>
        Unpack(archive.ToArray(), whiteouts, limits);

    public UnpackReport Unpack(byte[] archive, bool whiteouts = true, UnpackLimits? limits = null)
    {
        using MemoryStream stream = new(archive);

        // Overlay's marks as an ordinary user writes them, so that the test is the same for root.
        UnpackIdentity identity = new(!Environment.IsPrivilegedProcess, UserXattr: true);
        UnpackOptions options = new() { Whiteouts = whiteouts, Identity = identity, Limits = limits ?? new UnpackLimits() };
        return Unpacker.Unpack(stream, Root, options);
    }

    public void AssertRefused(TarBuilder archive, string why, UnpackLimits? limits = null) => AssertRefused(archive.ToArray(), why, limits);

    public void AssertRefused(byte[] archive, string why, UnpackLimits? limits = null)
    {
        CrunException refusal = Assert.Throws<CrunException>(() => Unpack(archive, limits: limits));
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
        AssertHostIsUnchanged();
    }

    public void AssertHostIsUnchanged()
    {
        string file = Path.Combine(Outside, "file");
        Assert.Equal(Secret, File.ReadAllText(file));
        Assert.Equal(_before, Status(file));
        Assert.Equal([file], Directory.GetFileSystemEntries(Outside));
        Assert.Equal(2, Directory.GetFileSystemEntries(_temporary).Length);
    }

    public FileStatus StatusOf(string path) => Status(this[path]);

    public byte[]? XattrOf(string path, string name)
    {
        using SafeFileHandle root = FileSystem.OpenPath(Root, OpenAs.Directory);
        return FileSystem.GetXattr(root, System.Text.Encoding.UTF8.GetBytes(path), System.Text.Encoding.UTF8.GetBytes(name));
    }

    public static FileStatus Status(string path)
    {
        Assert.True(FileSystem.TryGetStatus(FileSystem.WorkingDirectory, System.Text.Encoding.UTF8.GetBytes(path), out FileStatus status), $"{path} is missing");

        // Reading changes it, which is no change.
        return status with { Accessed = default };
    }

    public void Dispose() => _temporary.Dispose();
}
