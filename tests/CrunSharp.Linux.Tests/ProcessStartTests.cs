using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace CrunSharp.Linux.Tests;

public sealed class ProcessStartTests
{
    private const int O_RDONLY = 0;

    [Fact]
    public void NativeLaunch_SizesAndOffsets_AreThoseOfTheCompiler()
    {
        string[] fields = ["Namespaces", "Arguments", "Fds", "FdCount", "FirstFd", "Program", "Cgroup", "Hold", "HoldWrite", "Report", "PidFd"];
        List<nuint> managed = [(nuint)Marshal.SizeOf<NativeLaunch>(), .. fields.Select(field => (nuint)Marshal.OffsetOf<NativeLaunch>(field))];
        List<nuint> native = [.. Enumerable.Range(0, fields.Length + 1).Select(index => Processes.crunsharp_launch_layout((nuint)index))];
        Assert.Equal(native, managed);
        Assert.Equal(nuint.MaxValue, Processes.crunsharp_launch_layout((nuint)native.Count));
    }

    [Fact]
    public void Start_OfAProgram_GivesItTheDescriptorsFromTheNumberInItsArgument()
    {
        (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
        using (read)
        {
            StartedProcess started;
            using (write)
            {
                started = StartTeller(write);
            }

            using (started.PidFd)
            {
                Assert.Equal(7, Processes.Wait(started.Pid).Status);
            }

            string[] words = ReadAll(read).Trim().Split(' ');
            Assert.Equal("stage", words[0]);
            Assert.True(int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture) > (int)write.DangerousGetHandle());
        }
    }

    [Fact]
    public void Start_OfAHeldProgram_RunsOnlyOnceAByteComes()
    {
        (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
        (SafeFileHandle hold, SafeFileHandle letGo) = Descriptors.Pipe();
        using (read)
        using (hold)
        using (letGo)
        {
            StartedProcess started;
            using (write)
            {
                started = StartTeller(write, hold, letGo);
            }

            using (started.PidFd)
            {
                Assert.Equal(-1, Descriptors.WaitForOne([(int)read.DangerousGetHandle()], 50));
                Descriptors.Write(letGo, "1"u8);
                Assert.Equal(7, Processes.Wait(started.Pid).Status);
            }

            Assert.StartsWith("stage ", ReadAll(read), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Start_OfAHeldProgramThatIsGivenUp_EndsWithoutRunningIt()
    {
        (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
        (SafeFileHandle hold, SafeFileHandle letGo) = Descriptors.Pipe();
        using (read)
        using (hold)
        {
            StartedProcess started;
            using (letGo)
            using (write)
            {
                started = StartTeller(write, hold, letGo);
            }

            using (started.PidFd)
            {
                Assert.Equal(125, Processes.Wait(started.Pid).Status);
            }

            Assert.Equal("", ReadAll(read));
        }
    }

    [Fact]
    public void Start_OfAnUnexecutableFile_TellsItsReportSocket()
    {
        using SafeFileHandle nothing = Descriptors.Open("/dev/null", O_RDONLY);
        (SafeFileHandle ours, SafeFileHandle theirs) = UnixSocket.Pair();
        using (ours)
        {
            StartedProcess started;
            using (theirs)
            {
                started = Processes.Start(new ProcessStart
                {
                    Program = nothing,
                    Name = "stage",
                    Descriptors = [(int)theirs.DangerousGetHandle()],
                    Report = 0,
                });
            }

            Span<byte> message = stackalloc byte[512];
            int length = UnixSocket.Receive(ours, message, out _);
            using (started.PidFd)
            {
                _ = Processes.Wait(started.Pid);
            }

            Assert.Equal(512, length);
            Assert.Contains("execute the stage", Encoding.UTF8.GetString(message), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Start_ManyAtOnce_EachGetsItsOwnStack()
    {
        Parallel.For(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
            using (read)
            {
                StartedProcess started;
                using (write)
                {
                    started = StartTeller(write);
                }

                using (started.PidFd)
                {
                    Assert.Equal(7, Processes.Wait(started.Pid).Status);
                }

                Assert.StartsWith("stage ", ReadAll(read), StringComparison.Ordinal);
            }
        });
    }

    [Fact]
    public void Spawn_WithAnInput_RunsTheProgramWithThatEnvironmentOnly()
    {
        (SafeFileHandle read, SafeFileHandle write) = Descriptors.Pipe();
        using (read)
        {
            int pid;
            using (write)
            {
                pid = Processes.Spawn("/usr/bin/env", ["env"], ["ONLY=this"], output: (int)write.DangerousGetHandle());
            }

            Assert.Equal(0, Processes.Wait(pid).Status);
            Assert.Equal("ONLY=this\n", ReadAll(read));
        }
    }

    [Fact]
    public void Spawn_OfNothing_SaysSo() =>
        Assert.Equal(2, Assert.Throws<LinuxException>(() => Processes.Spawn("/nonexistent", ["x"], [])).Errno);

    private static StartedProcess StartTeller(SafeFileHandle write, SafeFileHandle? hold = null, SafeFileHandle? letGo = null)
    {
        using SafeFileHandle program = Descriptors.Open(Teller.Path, O_RDONLY);
        return Processes.Start(new ProcessStart
        {
            Program = program,
            Name = "stage",
            Descriptors = [(int)write.DangerousGetHandle()],
            Hold = hold,
            HoldWrite = letGo,
            Report = -1,
        });
    }

    private static string ReadAll(SafeFileHandle read)
    {
        StringBuilder text = new();
        Span<byte> buffer = stackalloc byte[512];
        int got;
        while ((got = Descriptors.Read(read, buffer)) > 0)
        {
            text.Append(Encoding.UTF8.GetString(buffer[..got]));
        }

        return text.ToString();
    }
}
