using System.Text;
using CrunSharp.Machines;
using Xunit;

namespace CrunSharp.BenchTests;

public sealed class ConsoleWatchTests
{
    private const string Console = "[    0.1] booting\r\n\n@crun-sharp t0 start\nhello\nworld\n@crun-sharp t0 exit 3\n[    1.0] off\n";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Watch_OfAConsoleInPiecesOfAnySize_FindsTheProgramsOutput(int size)
    {
        ConsoleWatch watch = Feed(Console, size);
        Assert.Equal("hello\nworld", Encoding.UTF8.GetString(watch.Output));
        Assert.Equal(3, watch.Status);
    }

    [Fact]
    public void Watch_OfAConsole_TimesTheFirstByteAfterTheMarkAndNotBefore()
    {
        ConsoleWatch watch = Feed(Console, 1);
        int mark = Console.IndexOf("start\n", StringComparison.Ordinal) + "start\n".Length;
        Assert.Equal((mark - 1, mark), (watch.StartMark, watch.FirstByte));
    }

    [Fact]
    public void Watch_OfAProgramThatWritesNothing_HasNoFirstByte()
    {
        ConsoleWatch watch = Feed("@crun-sharp t0 start\n\n@crun-sharp t0 exit 0\n", 1);
        Assert.Null(watch.FirstByte);
        Assert.Equal(0, watch.Status);
    }

    [Fact]
    public void Watch_OfAMarkWithAnotherToken_TakesItForOutput()
    {
        ConsoleWatch watch = Feed("@crun-sharp t0 start\n@crun-sharp xx exit 9\n\n@crun-sharp t0 exit 1\n", 5);
        Assert.Equal("@crun-sharp xx exit 9\n", Encoding.UTF8.GetString(watch.Output));
        Assert.Equal(1, watch.Status);
    }

    [Fact]
    public void Watch_WithoutAToken_TakesTheFirstByteOfAll()
    {
        ConsoleWatch watch = new(null);
        watch.Feed("x"u8, 5);
        watch.Feed("y"u8, 6);
        Assert.Equal(5, watch.FirstByte);
    }

    private static ConsoleWatch Feed(string text, int size)
    {
        ConsoleWatch watch = new("t0");
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int at = 0; at < bytes.Length; at += size)
        {
            watch.Feed(bytes.AsSpan(at, Math.Min(size, bytes.Length - at)), at);
        }

        return watch;
    }
}
