using System.Security.Cryptography;
using CrunSharp.Linux;

namespace CrunSharp.Machines;

/// <summary>An image's tree made ready to be a machine's root: our program in it, and the same as an archive beside it.</summary>
/// <remarks>The directories are the caller's, and are removed by the caller.</remarks>
public sealed class MachineImage
{
    private readonly Lazy<string> _archive;
    private int _orders;

    private MachineImage(string tree, string work)
    {
        Tree = tree;
        Work = work;
        _archive = new Lazy<string>(WriteArchive);
    }

    /// <summary>The root filesystem as a directory.</summary>
    public string Tree { get; }

    internal string Work { get; }

    /// <summary>The root filesystem as an archive for the kernel; made when first asked for.</summary>
    public string Archive => _archive.Value;

    /// <param name="tree">A copy of the image's files; our program and what it mounts on is added to it.</param>
    /// <param name="work">An existing directory for archives and orders.</param>
    public static MachineImage Prepare(string tree, string work)
    {
        Directory.CreateDirectory($"{tree}{GuestProgram.Directory}");
        GuestProgram.WriteTo($"{tree}{GuestProgram.PathInside}");

        // A machine whose root is read-only cannot make them.
        foreach (string name in (ReadOnlySpan<string>)["dev", "proc", "sys", "run", "tmp"])
        {
            Directory.CreateDirectory($"{tree}/{name}");
        }

        return new MachineImage(tree, work);
    }

    /// <summary>Leaves orders in the tree for a machine that sees it, and as an archive for one that does not.</summary>
    internal PlacedOrders Place(IReadOnlyList<string> command, IReadOnlyList<string> environment, string directory)
    {
        string token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        string inside = $"{GuestProgram.Directory}/orders-{Environment.ProcessId}-{Interlocked.Increment(ref _orders)}";
        byte[] orders = new GuestOrders(token, directory, command, environment).Encode();
        HostPaths.Replace($"{Tree}{inside}", orders, sync: false);
        return new PlacedOrders(this, token, inside, orders);
    }

    private string WriteArchive()
    {
        string path = $"{Work}/root.cpio";
        using FileStream output = File.Create(path);
        InitialRoot.Write(Tree, output);
        return path;
    }
}

/// <summary>Orders that lie where a machine finds them.</summary>
internal sealed class PlacedOrders(MachineImage image, string token, string inside, byte[] orders) : IDisposable
{
    private string? _archive;

    private readonly List<string> _files = [];

    public string Token => token;

    /// <summary>Their path in the guest.</summary>
    public string Inside => inside;

    /// <summary>The root's archive with the orders behind it: the kernel unpacks one after the other.</summary>
    public string ArchiveWithOrders()
    {
        if (_archive is null)
        {
            _archive = NewFile("cpio");
            File.Copy(image.Archive, _archive, overwrite: true);
            using FileStream output = new(_archive, FileMode.Append);
            CpioWriter writer = new(output);
            writer.Add(System.Text.Encoding.UTF8.GetBytes(inside[1..]), CpioWriter.Regular | 0x180 /* 0600 */, 0, 0, orders);
            writer.End();
        }

        return _archive;
    }

    /// <summary>A file of this machine's own, gone with its orders.</summary>
    public string NewFile(string suffix)
    {
        _files.Add($"{image.Work}/{Path.GetFileName(inside)}.{suffix}");
        return _files[^1];
    }

    public void Dispose()
    {
        File.Delete($"{image.Tree}{inside}");
        _files.ForEach(File.Delete);
    }
}
