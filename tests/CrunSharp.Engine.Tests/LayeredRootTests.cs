using System.Text;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Engine.Tests;

public sealed class LayeredRootTests : IDisposable
{
    private readonly TemporaryDirectory _layers = new();

    public void Dispose() => _layers.Dispose();

    [Fact]
    public void Read_OfAFileInBothLayers_TakesTheUpper()
    {
        Write("upper/etc/passwd", "new");
        Write("lower/etc/passwd", "old");
        Assert.Equal("new", Read("/etc/passwd"));
    }

    [Fact]
    public void Read_OfAFileOnlyBelow_LooksThroughTheDirectoryAbove()
    {
        Write("upper/etc/other", "x");
        Write("lower/etc/passwd", "old");
        Assert.Equal("old", Read("/etc/passwd"));
    }

    [Fact]
    public void Read_BeneathAFileThatCoversADirectory_FindsNothing()
    {
        Write("upper/etc", "a file");
        Write("lower/etc/passwd", "old");
        Assert.Null(Read("/etc/passwd"));
    }

    [Theory]
    [InlineData("/etc")]
    [InlineData("../../../../../../../../etc")]
    public void Read_ThroughALinkThatLeadsOutOfTheRoot_StaysInside(string target)
    {
        Write("lower/etc/passwd", "inside");
        Directory.CreateDirectory(_layers["upper"]);
        File.CreateSymbolicLink(_layers["upper/door"], target);
        Assert.Equal("inside", Read("/door/passwd"));
    }

    [Fact]
    public void Read_OfALinkIntoAnotherLayer_IsFollowedThere()
    {
        Write("lower/usr/etc/passwd", "far");
        Directory.CreateDirectory(_layers["upper/etc"]);
        File.CreateSymbolicLink(_layers["upper/etc/passwd"], "../usr/etc/passwd");
        Assert.Equal("far", Read("/etc/passwd"));
    }

    [Fact]
    public void Read_OfLinksInACircle_Ends()
    {
        Directory.CreateDirectory(_layers["upper"]);
        File.CreateSymbolicLink(_layers["upper/a"], "b");
        File.CreateSymbolicLink(_layers["upper/b"], "a");
        Assert.Null(Read("/a"));
    }

    [Fact]
    public void Read_OfAFifo_DoesNotWait()
    {
        Directory.CreateDirectory(_layers["upper/etc"]);
        Assert.Equal(0, Command.Run("mkfifo", _layers["upper/etc/passwd"]).ExitCode);
        Assert.Null(Read("/etc/passwd"));
    }

    [Fact]
    public void Read_OfAFileBeyondTheLimit_FindsNothing()
    {
        Write("upper/etc/passwd", new string('x', 101));
        Assert.Null(Read("/etc/passwd"));
    }

    [Fact]
    public void Copy_OfADirectoryInTwoLayers_IsTheirMergerWithModes()
    {
        Write("upper/data/both", "new");
        Write("lower/data/both", "old");
        Write("lower/data/below/file", "deep");
        File.CreateSymbolicLink(_layers["lower/data/link"], "both");
        File.SetUnixFileMode(_layers["lower/data/below/file"], UnixFileMode.UserRead);
        File.SetUnixFileMode(_layers["upper/data"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.StickyBit);
        Directory.CreateDirectory(_layers["target"]);
        using (LayeredRoot root = new([_layers["upper"], _layers["lower"]]))
        {
            root.CopyTo("/data", _layers["target"]);
        }

        Assert.Equal("new", File.ReadAllText(_layers["target/both"]));
        Assert.Equal("deep", File.ReadAllText(_layers["target/below/file"]));
        Assert.Equal("both", new FileInfo(_layers["target/link"]).LinkTarget);
        Assert.Equal(File.GetUnixFileMode(_layers["lower/data/below/file"]), File.GetUnixFileMode(_layers["target/below/file"]));
        Assert.Equal(File.GetUnixFileMode(_layers["upper/data"]), File.GetUnixFileMode(_layers["target"]));
        Assert.Equal(File.GetLastWriteTimeUtc(_layers["lower/data/below/file"]), File.GetLastWriteTimeUtc(_layers["target/below/file"]));
    }

    [Fact]
    public void Copy_OfAWholeRoot_KeepsHardLinksAttributesAndHolesAndNoWhiteouts()
    {
        Write("lower/a/first", "one file");
        Write("lower/gone", "hidden");
        Directory.CreateDirectory(_layers["lower/b"]);
        Directory.CreateDirectory(_layers["upper"]);
        Directory.CreateDirectory(_layers["target"]);
        Command.Run("ln", _layers["lower/a/first"], _layers["lower/b/second"]).Succeeded();
        Command.Run("mknod", _layers["upper/gone"], "c", "0", "0").Succeeded();
        Command.Run("truncate", "-s", "1G", _layers["lower/b/holes"]).Succeeded();
        Command.Run("setfattr", "-n", "user.note", "-v", "kept", _layers["lower/a/first"]).Succeeded();
        using (LayeredRoot root = new([_layers["upper"], _layers["lower"]]))
        {
            root.CopyTo("/", _layers["target"]);
        }

        string[] facts = Command.Run("stat", "-c", "%i %h", _layers["target/a/first"], _layers["target/b/second"]).Succeeded().Output.Split('\n');
        Assert.Equal((facts[0], "2"), (facts[1], facts[0].Split(' ')[1]));
        Assert.False(Path.Exists(_layers["target/gone"]));
        Assert.Equal("0 1073741824\n", Command.Run("stat", "-c", "%b %s", _layers["target/b/holes"]).Succeeded().Output);
        Assert.Contains("kept", Command.Run("getfattr", "-n", "user.note", _layers["target/b/second"]).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Copy_OfWhatIsNoDirectory_CopiesNothing()
    {
        Write("lower/data", "a file");
        Directory.CreateDirectory(_layers["upper"]);
        Directory.CreateDirectory(_layers["target"]);
        using LayeredRoot root = new([_layers["upper"], _layers["lower"]]);
        root.CopyTo("/data", _layers["target"]);
        root.CopyTo("/none", _layers["target"]);
        Assert.Empty(Directory.GetFileSystemEntries(_layers["target"]));
    }

    private string? Read(string path)
    {
        Directory.CreateDirectory(_layers["upper"]);
        Directory.CreateDirectory(_layers["lower"]);
        using LayeredRoot root = new([_layers["upper"], _layers["lower"]]);
        return root.TryRead(path, 100) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
    }

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_layers[path])!);
        File.WriteAllText(_layers[path], text);
    }
}
